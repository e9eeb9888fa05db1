package donna.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Device;
import donna.backend.Stream;
import donna.backend.reference.ReferenceBackend;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Init;
import donna.nn.ParameterSpec;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GroupStepTest {
    private static final int STEPS = 6;
    private static final Recipe RECIPE = new Recipe(new Optimizer.Sgd(0.9f, false, 1e-3f), new Schedule(0.05, 0.2, new Schedule.Cosine()), 1, 0.5f);

    /** A network of its own width. */
    private static Objective network(int member) {
        return w -> {
            Value x = w.graph().input("x", TensorSpec.f32(4, 2, 3, 3));
            Value z = w.convNorm("conv", "norm", x, 3 + member, 1, ConvGeometry.POINTWISE, Activation.RELU, Optional.empty());
            Value y = w.linear("head", w.graph().add(new Op.GlobalAveragePool(), z), 2);
            return w.graph().add(new Op.MeanSquaredError(), y, w.graph().input("y", TensorSpec.f32(4, 2)));
        };
    }

    /** Weights, optimizer state and losses of each member after training, {@code places} steps at a time; then recalibrated and rated. */
    private record Outcome(List<Map<String, float[]>> values, List<double[]> losses) {}

    private static Outcome train(Device device, List<Integer> members, int places, int broken) {
        List<TrainingState> states = new ArrayList<>();
        List<double[]> losses = new ArrayList<>();
        List<Tensor> data = List.of(device.tensor(TensorSpec.f32(4, 2, 3, 3)), device.tensor(TensorSpec.f32(4, 2)));
        for (Tensor t : data) {
            t.set(new Init.Uniform(1).values(3, "data", (int) t.shape().elements()));
        }
        for (int m : members) {
            Collection<ParameterSpec> specs = TrainingStep.parameters(network(m));
            Map<String, float[]> start = TrainingState.initialValues(specs, m);
            if (m == broken) {
                start.get("head.bias")[0] = Float.NaN;
            }
            states.add(TrainingState.start(device, specs, start, RECIPE));
            losses.add(new double[STEPS + 1]);
        }
        List<GroupStep.Member> all = IntStream.range(0, members.size())
                .mapToObj(i -> new GroupStep.Member(network(members.get(i)), states.get(i).tensors()))
                .toList();
        try (Stream stream = device.openStream()) {
            try (GroupStep step = GroupStep.training(device, all, RECIPE, places)) {
                run(step, stream, data, STEPS, losses);
            }
            try (GroupStep step = GroupStep.recalibration(device, all, places)) {
                run(step, stream, data, 3, List.of());
            }
            try (GroupStep step = GroupStep.rating(device, all, 1)) {
                data.forEach(t -> step.bind(t.shape().rank() == 4 ? "x" : "y", t));
                step.run(stream, 0);
                for (int m = 0; m < members.size(); m++) {
                    losses.get(m)[STEPS] = step.losses()[0][m];
                }
            }
        }
        List<Map<String, float[]>> values = states.stream().map(TrainingState::values).toList();
        states.forEach(TrainingState::close);
        data.forEach(Tensor::close);
        return new Outcome(values, losses);
    }

    private static void run(GroupStep step, Stream stream, List<Tensor> data, int steps, List<double[]> losses) {
        step.bind("x", data.get(0));
        step.bind("y", data.get(1));
        for (int at = 0; at < steps; at += step.places()) {
            step.prepare(at, steps);
            int count = Math.min(step.places(), steps - at);
            for (int i = 0; i < count; i++) {
                step.run(stream, i);
            }
            double[][] given = step.losses();
            for (int m = 0; m < losses.size(); m++) {
                for (int i = 0; i < count; i++) {
                    losses.get(m)[at + i] = given[i][m];
                }
            }
        }
    }

    private static void same(Outcome expected, int e, Outcome actual, int a) {
        assertArrayEquals(expected.losses.get(e), actual.losses.get(a));
        assertEquals(expected.values.get(e).keySet(), actual.values.get(a).keySet());
        expected.values.get(e).forEach((name, v) -> assertArrayEquals(v, actual.values.get(a).get(name), name));
    }

    @Test
    void a_member_comes_out_as_it_does_alone_and_whatever_the_steps_at_a_time() {
        try (Device device = new ReferenceBackend().open(0)) {
            Outcome together = train(device, List.of(0, 1, 2), 4, -1);
            for (int m = 0; m < 3; m++) {
                Outcome alone = train(device, List.of(m), 1, -1);
                same(alone, 0, together, m);
                assertTrue(alone.losses.getFirst()[STEPS - 1] < alone.losses.getFirst()[0]);
                assertTrue(alone.values.getFirst().keySet().stream().anyMatch(n -> n.startsWith("ema.")));
            }
            assertEquals(0, device.bytesInUse());
        }
    }

    @Test
    void a_member_that_diverges_disturbs_nobody() {
        try (Device device = new ReferenceBackend().open(0)) {
            Outcome together = train(device, List.of(0, 1, 2), 4, 1);
            assertFalse(Double.isFinite(together.losses.get(1)[0]));
            same(train(device, List.of(0, 2), 2, -1), 0, together, 0);
            same(train(device, List.of(0, 2), 2, -1), 1, together, 2);
        }
    }

    @Test
    void a_name_that_no_objective_asks_for_is_refused() {
        try (Device device = new ReferenceBackend().open(0);
                Tensor t = device.tensor(TensorSpec.f32(1));
                GroupStep step = GroupStep.rating(device, List.of(new GroupStep.Member(network(0), Map.of())), 1)) {
            assertThrows(DonnaException.ShapeMismatch.class, () -> step.bind("z", t));
        }
    }
}
