package donna.bench.step;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Gradient;
import donna.graph.Graph;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.ParameterSpec;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Objective;
import donna.train.Optimizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A training step as one plan: forward, loss, backward and SGD. Owner: closes it before its data. */
final class SgdStep implements AutoCloseable {
    private static final Optimizer SGD = new Optimizer.Sgd(0.9f, false, 1e-4f);

    private final Plan plan;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    /** {@code data}: the objective's inputs, which stay the caller's. */
    SgdStep(Device device, Objective objective, Map<String, Tensor> data) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.TRAIN);
        Graph.Builder g = w.graph();
        Value loss = objective.write(w);
        List<ParameterSpec> trainable = w.parameters().stream().filter(ParameterSpec::trainable).toList();
        List<Value> values = trainable.stream().map(p -> g.variable(p.name(), p.tensor())).toList();
        Map<Value, Value> gradients = Gradient.of(g, loss, values);
        Value rate = g.input("learningRate", TensorSpec.f32(1));
        for (int i = 0; i < values.size(); i++) {
            SGD.write(g, trainable.get(i), values.get(i), gradients.get(values.get(i)), rate, rate);
        }
        g.output("loss", loss);
        Graph graph = g.build();
        plan = device.compile(graph);
        tensors.putAll(data);
        graph.bindings().forEach((key, spec) -> tensors.computeIfAbsent(key, k -> device.tensor(spec)));
        w.parameters().forEach(p -> tensors.get(p.name()).set(p.init().values(1, p.name(), Math.toIntExact(p.shape().elements()))));
        tensors.get("learningRate").fill(0.01);
        tensors.get(GraphWriter.MOMENTUM).fill(0.1);
        plan.bindAll(tensors);
        data.keySet().forEach(tensors::remove);
    }

    Plan plan() {
        return plan;
    }

    /** Trains one step and returns its loss. */
    double run(Stream stream) {
        plan.run(stream);
        stream.synchronize();
        return tensors.get("loss").item();
    }

    @Override
    public void close() {
        plan.close();
        tensors.values().forEach(Tensor::close);
    }
}
