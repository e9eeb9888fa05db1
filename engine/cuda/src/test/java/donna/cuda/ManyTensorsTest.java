package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.backend.Plan;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Launches that treat many tensors at once. */
class ManyTensorsTest extends OnSimulatedCard {
    private static final int PARAMETERS = 20;

    ManyTensorsTest() {
        super(Precision.BF16);
    }

    private static TensorSpec spec(int i) {
        return TensorSpec.f32(1, i % 2 == 0 ? 8 : 5000 + i);
    }

    private static long lines(Plan plan, String part) {
        return plan.describe().lines().filter(l -> l.contains(part)).count();
    }

    private static double[] constant(TensorSpec spec, double value) {
        double[] all = new double[Math.toIntExact(spec.shape().elements())];
        Arrays.fill(all, value);
        return all;
    }

    /** Parameters i = 1, 2, .. whose gradients are themselves; the average follows each after its step. */
    @Test
    void allParametersAreUpdatedInOneLaunchAndTheirAveragesInAnother() {
        Graph.Builder g = new Graph.Builder();
        Value rate = g.input("rate", TensorSpec.f32(1));
        for (int i = 0; i < PARAMETERS; i++) {
            Value p = g.variable("p" + i, spec(i));
            g.update(new Op.SgdUpdate(0, false, 0), p, g.add(new Op.Scale(1), p), g.variable("v" + i, spec(i)), rate);
            g.update(new Op.EmaUpdate(0.5f), g.variable("a" + i, spec(i)), p);
        }
        List<Tensor> all = new ArrayList<>();
        try (Plan plan = device.compile(g.build());
                Stream stream = device.openStream()) {
            plan.graph().bindings().forEach((name, spec) -> {
                all.add(device.tensor(spec));
                plan.bind(name, all.getLast());
                all.getLast().fill(name.equals("rate") ? 0.5 : name.startsWith("p") ? Integer.parseInt(name.substring(1)) : 0);
            });
            assertEquals(1, lines(plan, "sgd of"), plan::describe);
            assertEquals(1, lines(plan, "moving_average of"), plan::describe);
            for (int run = 0; run < 3; run++) {
                plan.run(stream);
            }
            stream.synchronize();
            int at = 0;
            for (String name : plan.graph().bindings().keySet()) {
                TensorSpec spec = plan.graph().bindings().get(name);
                double of = name.equals("rate") ? 0 : Integer.parseInt(name.substring(1));
                double expected = switch (name.charAt(0)) {
                    case 'p' -> of / 8;
                    case 'a' -> of * 0.1875;
                    case 'v' -> of / 4;
                    default -> 0.5;
                };
                assertArrayEquals(constant(spec, expected), all.get(at++).toDoubles(), 1e-6, name);
            }
        }
        all.forEach(Tensor::close);
    }

    @Test
    void aSecondUpdateOfAParameterComesAfterTheFirst() {
        Graph.Builder g = new Graph.Builder();
        Value rate = g.input("rate", TensorSpec.f32(1));
        Value p = g.variable("p", spec(0));
        g.update(new Op.SgdUpdate(0, false, 0), p, g.add(new Op.Scale(1), p), g.variable("v", spec(0)), rate);
        g.output("between", g.add(new Op.Scale(3), p));
        g.update(new Op.SgdUpdate(0, false, 0), p, g.add(new Op.Scale(1), p), g.variable("w", spec(0)), rate);
        List<Tensor> all = new ArrayList<>();
        try (Plan plan = device.compile(g.build());
                Stream stream = device.openStream()) {
            plan.graph().bindings().forEach((name, spec) -> {
                all.add(device.tensor(spec));
                plan.bind(name, all.getLast());
                all.getLast().fill(name.equals("rate") ? 0.5 : name.equals("p") ? 8 : 0);
            });
            plan.run(stream);
            stream.synchronize();
            List<String> names = List.copyOf(plan.graph().bindings().keySet());
            assertArrayEquals(constant(spec(0), 2), all.get(names.indexOf("p")).toDoubles());
            assertArrayEquals(constant(spec(0), 12), all.get(names.indexOf("between")).toDoubles());
        }
        all.forEach(Tensor::close);
    }

    @Test
    void allWeightsAreStoredInOneLaunch() {
        Graph.Builder g = new Graph.Builder();
        Value x = g.input("x", TensorSpec.f32(4, 16));
        for (int i = 0; i < 5; i++) {
            Value weight = g.add(new Op.Reshape(new Shape(16, 16)), g.variable("w" + i, TensorSpec.f32(16, 16, 1, 1)));
            x = g.add(new Op.Linear(false), x, weight);
        }
        g.output("y", x);
        try (Plan plan = device.compile(g.build())) {
            assertEquals(1, lines(plan, "store_all of 5 pieces"), plan::describe);
            assertEquals(1, lines(plan, "to_stored"), plan::describe);
        }
    }
}
