package donna.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Device;
import donna.backend.Stream;
import donna.backend.reference.ReferenceBackend;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Init;
import donna.tensor.DType;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainingTest {
    private static final Recipe RECIPE =
            new Recipe(Optimizer.AdamW.standard(0.01f), new Schedule(0.05, 0.1, new Schedule.Cosine()), 1, 0.5f);

    private static Value classifier(GraphWriter w, int batch) {
        Value x = w.graph().input("x", TensorSpec.f32(batch, 5));
        Value y = w.graph().input("y", TensorSpec.of(DType.I32, Shape.of(batch)));
        return w.graph().add(new Op.CrossEntropy(0), w.linear("classifier", x, 3), y);
    }

    /** Trains on shards and returns the weights. */
    private static float[] sharded(int workers, int shards) {
        try (Device device = new ReferenceBackend().open(0)) {
            int each = 12 / shards;
            Objective objective = w -> classifier(w, each);
            List<Tensor> inputs = new ArrayList<>();
            var specs = TrainingStep.parameters(objective);
            float[] out;
            try (Workers threads = new Workers(device, workers);
                    TrainingState state = TrainingState.start(device, specs, TrainingState.initialValues(specs, 1), RECIPE);
                    ShardedStep step = new ShardedStep(device, objective, RECIPE, state, shards)) {
                for (int s = 0; s < shards; s++) {
                    inputs.add(device.tensor(TensorSpec.f32(each, 5)));
                    step.bind(s, "x", inputs.getLast());
                    inputs.add(device.tensor(TensorSpec.of(DType.I32, Shape.of(each))));
                    step.bind(s, "y", inputs.getLast());
                }
                float[] x = new Init.Uniform(1).values(2, "x", 60);
                for (int i = 0; i < 6; i++) {
                    step.run(threads, i, 6, s -> {
                        double[] labels = new double[each];
                        double[] rows = new double[each * 5];
                        for (int r = 0; r < each; r++) {
                            labels[r] = (s * each + r) % 3;
                            for (int c = 0; c < 5; c++) {
                                rows[r * 5 + c] = x[(s * each + r) * 5 + c];
                            }
                        }
                        inputs.get(2 * s).set(rows);
                        inputs.get(2 * s + 1).set(labels);
                    });
                }
                out = state.parameters().values().get("classifier.weight");
            }
            inputs.forEach(Tensor::close);
            assertEquals(0, device.bytesInUse());
            return out;
        }
    }

    @Test
    void the_number_of_threads_changes_no_bit() {
        assertArrayEquals(sharded(1, 3), sharded(2, 3));
        assertArrayEquals(sharded(1, 3), sharded(4, 3));
    }

    @Test
    void shards_of_a_network_without_batch_norm_give_the_whole_batchs_gradient() {
        assertArrayEquals(sharded(1, 1), sharded(2, 2), 1e-6f);
    }

    @Test
    void a_restored_state_goes_on_with_the_same_bits() {
        try (Device device = new ReferenceBackend().open(0);
                Stream stream = device.openStream();
                Tensor x = device.tensor(TensorSpec.f32(4, 5));
                Tensor y = device.tensor(TensorSpec.of(DType.I32, Shape.of(4)))) {
            Objective objective = w -> classifier(w, 4);
            var specs = TrainingStep.parameters(objective);
            x.set(new Init.Uniform(1).values(3, "x", 20));
            y.set(0, 1, 2, 0);
            Map<String, float[]> middle;
            float[] undisturbed;
            try (TrainingState state = TrainingState.start(device, specs, TrainingState.initialValues(specs, 1), RECIPE);
                    TrainingStep step = TrainingStep.compile(device, objective, RECIPE, state)) {
                step.bind("x", x);
                step.bind("y", y);
                double first = step.run(stream, 0, 8);
                step.run(stream, 1, 8);
                middle = state.values();
                for (int i = 2; i < 8; i++) {
                    assertTrue(step.run(stream, i, 8) < first);
                }
                undisturbed = state.result().get("classifier.weight");
            }
            try (TrainingState state = TrainingState.start(device, specs, middle, RECIPE);
                    TrainingStep step = TrainingStep.compile(device, objective, RECIPE, state)) {
                step.bind("x", x);
                step.bind("y", y);
                for (int i = 2; i < 8; i++) {
                    step.run(stream, i, 8);
                }
                assertArrayEquals(undisturbed, state.result().get("classifier.weight"));
            }
        }
    }

    @Test
    void a_task_that_fails_stops_the_others_and_is_thrown_to_the_caller() {
        try (Device device = new ReferenceBackend().open(0);
                Workers workers = new Workers(device, 2)) {
            var e = assertThrows(IllegalStateException.class, () -> workers.forEach(1000, (i, stream) -> {
                if (i == 3) {
                    throw new IllegalStateException("task 3");
                }
            }));
            assertEquals("task 3", e.getMessage());
        }
    }

    @Test
    void the_rate_rises_over_the_warm_up_and_falls_to_zero() {
        Schedule cosine = new Schedule(0.5, 0.1, new Schedule.Cosine());
        assertEquals(0.05, cosine.at(0, 100), 1e-12);
        assertEquals(0.5, cosine.at(9, 100), 1e-12);
        assertEquals(0.5, cosine.at(10, 100), 1e-12);
        assertEquals(0.25, cosine.at(55, 100), 1e-12);
        assertEquals(0.5 * 0.5 * (1 + Math.cos(Math.PI * 89 / 90)), cosine.at(99, 100), 1e-12);
        Schedule steps = new Schedule(1, 0, new Schedule.Steps(List.of(0.5, 0.75), 0.1));
        assertEquals(1, steps.at(49, 100), 1e-12);
        assertEquals(0.1, steps.at(50, 100), 1e-12);
        assertEquals(0.01, steps.at(75, 100), 1e-12);
        assertEquals(0.75, new Schedule(1, 0, new Schedule.Linear()).at(25, 100), 1e-12);
    }

    @Test
    void ties_count_for_the_lower_class_and_nan_for_none() {
        Accuracy a = Accuracy.of(new float[] {1, 1, 0, 0, 2, 2, Float.NaN, 3, 1}, new int[] {0, 2, 1}, 3);
        assertEquals(1 / 3.0, a.top1(), 1e-12);
        assertEquals(1, a.top5(), 1e-12);
        assertEquals(3, a.images());
    }
}
