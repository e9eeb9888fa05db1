package donna.bench.step;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Cost;
import donna.graph.Gradient;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Layer;
import donna.nn.Layers;
import donna.nn.ParameterSpec;
import donna.tensor.Activation;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Optimizer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Candidates of a stage and their training step: forward, NSR loss, backward and SGD as one plan, in which several are members that need nothing of each other.
 */
public final class CandidateStep implements AutoCloseable {
    private static final Optimizer SGD = new Optimizer.Sgd(0.9f, false, 1e-4f);

    private final String name;
    private final Plan plan;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final List<String> losses = new ArrayList<>();
    private final float[] loss = new float[1];
    private final MemorySegment lossHost = MemorySegment.ofArray(loss);
    private final int batch;
    private final Tensor source;
    private final MemorySegment firstNumber = MemorySegment.ofArray(new float[1]);

    public CandidateStep(Device device, Stages.Stage stage, Stages.Candidate c, Map<String, Tensor> data) {
        this(device, stage, List.of(c), data);
    }

    public CandidateStep(Device device, Stages.Stage stage, List<Stages.Candidate> candidates, Map<String, Tensor> data) {
        this.name = candidates.size() == 1 ? candidates.getFirst().toString() : candidates.size() + " candidates";
        this.batch = stage.batch();
        Graph.Builder g = new Graph.Builder();
        Map<String, float[]> initial = new LinkedHashMap<>();
        for (int m = 0; m < candidates.size(); m++) {
            member(g, stage, candidates.get(m), "c" + m + ".", data, initial);
        }
        Graph graph = g.build();
        plan = device.compile(graph);
        tensors.putAll(data);
        graph.bindings().forEach((key, spec) -> tensors.computeIfAbsent(key, k -> device.tensor(spec)));
        initial.forEach((key, values) -> tensors.get(key).set(values));
        tensors.get("learningRate").fill(0.01);
        tensors.get(GraphWriter.MOMENTUM).fill(0.1);
        plan.bindAll(tensors);
        source = data.get("src");
        source.buffer().read(source.offset(), firstNumber);
        data.keySet().forEach(tensors::remove);
    }

    private void member(
            Graph.Builder g, Stages.Stage stage, Stages.Candidate c, String member, Map<String, Tensor> data, Map<String, float[]> initial) {
        g.member(member);
        GraphWriter w = new GraphWriter(GraphWriter.Mode.TRAIN, g);
        Value out = layers(stage, c).write(w, "", g.input("src", data.get("src").spec()));
        Value loss = g.node(new Op.NsrLoss(), List.of(out, g.input("target", data.get("target").spec()),
                g.input("inverseVariance", data.get("inverseVariance").spec()))).output(0);
        List<ParameterSpec> trainable = w.parameters().stream().filter(ParameterSpec::trainable).toList();
        List<Value> values = trainable.stream().map(p -> g.variable(p.name(), p.tensor())).toList();
        Map<Value, Value> gradients = Gradient.of(g, loss, values);
        Value rate = g.input("learningRate", TensorSpec.f32(1));
        for (int i = 0; i < values.size(); i++) {
            SGD.write(g, trainable.get(i), values.get(i), gradients.get(values.get(i)), rate, rate, Optional.empty());
        }
        g.output(member + "loss", loss);
        losses.add(member + "loss");
        w.parameters().forEach(p -> initial.put(member + p.name(), p.init().values(1, p.name(), Math.toIntExact(p.shape().elements()))));
    }

    private static Layer layers(Stages.Stage stage, Stages.Candidate c) {
        List<Layer> all = new ArrayList<>();
        for (int i = 0; i < c.depth(); i++) {
            int in = i == 0 ? stage.in() : stage.out();
            int hidden = in * c.expand();
            boolean depthwise = c.type().equals("mbconv");
            all.add(new Layers.InvertedResidual(depthwise, hidden, stage.out(), c.kernel(), i == 0 ? stage.stride() : 1, depthwise ? hidden : 1,
                    c.se() ? Math.max(1, in / 4) : 0, Activation.valueOf(c.act().toUpperCase(java.util.Locale.ROOT))));
        }
        return new Layers.Sequential(all);
    }

    public String name() {
        return name;
    }

    public int batch() {
        return batch;
    }

    public Plan plan() {
        return plan;
    }

    /** What a step computes at least: multiplications and additions of its products. */
    public double flops() {
        return 2.0 * Cost.of(plan.graph()).macs();
    }

    /** Bytes of the weights, their momentum and statistics, and the scalars. */
    public long ownBytes() {
        return tensors.values().stream().mapToLong(t -> t.spec().bytes()).sum();
    }

    /** Writes a number of the source anew: what a device has computed from it is worth nothing, as where every step has images of its own. */
    public void renewSource() {
        source.buffer().write(source.offset(), firstNumber);
    }

    /** Trains one step and returns its loss, the sum of all candidates'. */
    public double run(Stream stream) {
        plan.run(stream);
        stream.synchronize();
        double sum = 0;
        for (int i = 0; i < losses.size(); i++) {
            Tensor t = tensors.get(losses.get(i));
            t.buffer().read(t.offset(), lossHost);
            sum += loss[0];
        }
        return sum;
    }

    @Override
    public void close() {
        plan.close();
        tensors.values().forEach(Tensor::close);
    }
}
