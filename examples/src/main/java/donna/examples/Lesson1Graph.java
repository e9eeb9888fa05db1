package donna.examples;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Gradient;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Lesson 1: a graph is written once, compiled for a device, and run as often as wanted. A straight line {@code y = w x} is fitted to three points: the
 * loss, its gradient and the update of {@code w} are ops of one graph.
 */
public final class Lesson1Graph {
    private static final Map<String, double[]> POINTS =
            Map.of("x", new double[] {1, 2, 3}, "y", new double[] {2, 4, 6}, "rate", new double[] {0.05});

    private Lesson1Graph() {}

    /** Fits {@code w} to points of {@code y = 2 x}, and returns it. */
    static double fit(Device device) {
        Graph.Builder g = new Graph.Builder();
        Value x = g.input("x", TensorSpec.f32(3, 1));
        Value y = g.input("y", TensorSpec.f32(3, 1));
        Value w = g.variable("w", TensorSpec.f32(1, 1));
        Value rate = g.input("rate", TensorSpec.f32(1));
        Value loss = g.add(new Op.MeanSquaredError(), g.add(new Op.Linear(false), x, w), y);
        Value dW = Gradient.of(g, loss, List.of(w)).get(w);
        g.update(new Op.SgdUpdate(0, false, 0), w, dW, g.variable("velocity", TensorSpec.f32(1, 1)), rate);
        Graph graph = g.output("loss", loss).build();

        Map<String, Tensor> tensors = new HashMap<>();
        try (Stream stream = device.openStream();
                Plan plan = device.compile(graph)) {
            graph.bindings().forEach((name, spec) -> {
                Tensor t = device.tensor(spec);
                tensors.put(name, t);
                plan.bind(name, t);
            });
            POINTS.forEach((name, values) -> tensors.get(name).set(values));
            for (int step = 0; step < 100; step++) {
                plan.run(stream);
            }
            stream.synchronize();
            return tensors.get("w").item();
        } finally {
            tensors.values().forEach(Tensor::close);
        }
    }

    public static void main(String[] args) {
        try (Device device = Backends.open("auto", System.out::println)) {
            System.out.println("w = " + fit(device));
        }
    }
}
