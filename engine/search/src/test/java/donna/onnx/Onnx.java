package donna.onnx;

import donna.backend.Device;
import donna.backend.Stream;
import donna.graph.Gradient;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.ParameterSpec;
import donna.tensor.DType;
import donna.tensor.TensorSpec;
import donna.testkit.CaseRunner;
import donna.testkit.Tolerance;
import donna.testkit.Values;
import donna.train.Objective;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What tests of ONNX files need. */
final class Onnx {
    private static final double STEP = 1e-6;

    private Onnx() {}

    /** A file beside {@code goldens.py}. */
    static Path file(String name) {
        try {
            return Path.of(Onnx.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static double[] doubles(float[] values) {
        double[] out = new double[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = values[i];
        }
        return out;
    }

    /** Compares the gradient of every trainable parameter, along a random direction, with central differences in double. */
    static void checkGradients(Device device, String what, Objective objective, Map<String, double[]> values) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.TRAIN);
        Value loss = objective.write(w);
        List<ParameterSpec> trainable = w.parameters().stream().filter(ParameterSpec::trainable).toList();
        List<Value> wrt = trainable.stream().map(p -> w.graph().variable(p.name(), p.tensor())).toList();
        Map<Value, Value> gradients = Gradient.of(w.graph(), loss, wrt);
        w.graph().output("loss", loss);
        for (int i = 0; i < wrt.size(); i++) {
            w.graph().output("d." + trainable.get(i).name(), gradients.get(wrt.get(i)));
        }
        Graph graph = inDouble(w.graph().build());
        Map<String, double[]> bound = new HashMap<>(values);
        bound.keySet().retainAll(graph.bindings().keySet());
        try (Stream stream = device.openStream();
                CaseRunner runner = new CaseRunner(device, graph)) {
            Map<String, double[]> found = runner.run(stream, bound);
            double[] expected = new double[trainable.size()];
            double[] actual = new double[expected.length];
            for (int k = 0; k < expected.length; k++) {
                String name = trainable.get(k).name();
                double[] d = found.get("d." + name);
                double[] way = Values.NORMAL.generate(what + name, d.length);
                for (int i = 0; i < d.length; i++) {
                    actual[k] += d[i] * way[i];
                }
                expected[k] = (loss(runner, stream, bound, name, way, STEP) - loss(runner, stream, bound, name, way, -STEP)) / (2 * STEP);
            }
            Tolerance.ofFiniteDifferences().check(what, expected, actual);
        }
    }

    private static double loss(
            CaseRunner runner, Stream stream, Map<String, double[]> values, String name, double[] way, double step) {
        double[] moved = values.get(name).clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += step * way[i];
        }
        Map<String, double[]> changed = new HashMap<>(values);
        changed.put(name, moved);
        return runner.run(stream, changed).get("loss")[0];
    }

    /** The same graph of double precision. */
    private static Graph inDouble(Graph graph) {
        Graph.Builder b = new Graph.Builder();
        Map<Value, Value> map = new HashMap<>();
        for (Node n : graph.nodes()) {
            List<Value> in = new ArrayList<>();
            n.inputs().forEach(v -> in.add(map.get(v)));
            b.at(n.name());
            switch (n.op()) {
                case Op.Input o -> map.put(n.output(0), b.input(o.name(), inDouble(o.spec())));
                case Op.Variable o -> map.put(n.output(0), b.variable(o.name(), inDouble(o.spec())));
                default -> {
                    Op op = n.op() instanceof Op.Fill f ? new Op.Fill(f.value(), inDouble(f.spec())) : n.op();
                    Node copy = b.node(op, in);
                    for (int i = 0; i < copy.outputs().size(); i++) {
                        map.put(n.output(i), copy.output(i));
                    }
                }
            }
        }
        graph.outputs().forEach((name, out) -> b.output(name, map.get(out.value())));
        return b.build();
    }

    private static TensorSpec inDouble(TensorSpec spec) {
        return spec.dtype() == DType.F32 ? new TensorSpec(DType.F64, spec.shape(), spec.layout()) : spec;
    }
}
