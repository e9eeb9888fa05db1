package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Device;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.backend.reference.ReferenceBackend;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Init;
import donna.nn.ParameterSpec;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.testkit.Tolerance;
import donna.train.GroupStep;
import donna.train.Objective;
import donna.train.Optimizer;
import donna.train.Recipe;
import donna.train.Schedule;
import donna.train.ShardedStep;
import donna.train.TrainingState;
import donna.train.TrainingStep;
import donna.train.Workers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training with gradients in halves: the loss's scale follows each member's gradients, and steps that it was too large for are left out. */
class LossScalingTest extends OnSimulatedCard {
    private static final TensorSpec SRC = TensorSpec.f32(4, 2, 3, 3);
    private static final TensorSpec TARGET = TensorSpec.f32(4, 6, 3, 3);
    private static final String SCALE = "optimizer.lossScale";
    private static final String STEPS = "optimizer.lossScale.steps";
    private static final float INITIAL = 0x1p16f;

    /** With such weights of its loss, every element of its gradient is less than half the smallest number that a half holds. */
    private static final double TINY = 5e-7;

    LossScalingTest() {
        super(Precision.F16);
    }

    private static Recipe sgd(double rate) {
        return Recipe.of(new Optimizer.Sgd(0.9f, false, 0), new Schedule(rate, 0, new Schedule.Steps(List.of(), 1)));
    }

    private static Recipe adamW() {
        return new Recipe(Optimizer.AdamW.standard(0.01f), new Schedule(0.01, 0, new Schedule.Steps(List.of(), 1)), 1, 0.5f);
    }

    private static Value network(GraphWriter w, int member) {
        Value x = w.graph().input("src", SRC);
        Value z = w.convNorm("conv", "norm", x, 8 + member, 1, ConvGeometry.POINTWISE, Activation.SWISH, Optional.empty());
        return w.conv(
                z,
                new ParameterSpec("head.weight", Shape.of(6, 8 + member, 1, 1), Init.fanIn(8), true, true),
                Optional.of(new ParameterSpec("head.bias", Shape.of(6), Init.ZEROS, true, false)),
                ConvGeometry.POINTWISE,
                Activation.NONE,
                Optional.empty());
    }

    private static Objective member(int member) {
        return w -> w.graph().add(new Op.NsrLoss(), network(w, member), w.graph().input("target", TARGET), w.graph().input("weights", TensorSpec.f32(6)));
    }

    /** Such a loss whose gradient is multiplied by another number first. */
    private static Objective weighted(int member) {
        return w -> {
            Value nsr = member(member).write(w);
            Value squares = w.graph().add(new Op.MeanSquaredError(), network(w, member), w.graph().input("target", TARGET));
            return w.graph().add(new Op.Add(), w.graph().add(new Op.Scale(0.75f), nsr), w.graph().add(new Op.Scale((float) TINY), squares));
        };
    }

    private static Map<String, float[]> start(int member) {
        return new HashMap<>(TrainingState.initialValues(TrainingStep.parameters(member(member)), member));
    }

    private static Map<String, float[]> start(int member, float scale, float... steps) {
        Map<String, float[]> values = start(member);
        values.put(SCALE, new float[] {scale});
        values.put(STEPS, steps);
        return values;
    }

    /** Losses by step, and all that training carries, by member. */
    private record Outcome(double[][] losses, List<Map<String, float[]>> values) {
        float[] value(int member, String name) {
            return values.get(member).get(name);
        }
    }

    /** Inputs of the losses by name. */
    private static Map<String, Tensor> batch(Device device, double weight) {
        Map<String, Tensor> batch = Map.of("src", device.tensor(SRC), "target", device.tensor(TARGET), "weights", device.tensor(TensorSpec.f32(6)));
        for (String name : List.of("src", "target")) {
            batch.get(name).set(new Init.Uniform(1).values(3, name, (int) batch.get(name).shape().elements()));
        }
        batch.get("weights").fill(weight);
        return batch;
    }

    /** Trains on the same batch at each step. */
    private static Outcome train(
            Device device, IntFunction<Objective> objective, Recipe recipe, double weight, int steps, Map<Integer, Map<String, float[]>> starts) {
        Map<String, Tensor> batch = batch(device, weight);
        List<TrainingState> states = new ArrayList<>();
        List<GroupStep.Member> members = new ArrayList<>();
        starts.forEach((m, values) -> {
            Collection<ParameterSpec> specs = TrainingStep.parameters(objective.apply(m));
            states.add(TrainingState.start(device, specs, values, recipe));
            members.add(new GroupStep.Member(objective.apply(m), states.getLast().tensors()));
        });
        double[][] losses;
        try (Stream stream = device.openStream();
                GroupStep step = GroupStep.training(device, members, recipe, steps)) {
            batch.forEach(step::bind);
            step.prepare(0, steps);
            IntStream.range(0, steps).forEach(i -> step.run(stream, i));
            losses = step.losses();
        }
        List<Map<String, float[]>> values = states.stream().map(TrainingState::values).toList();
        states.forEach(TrainingState::close);
        batch.values().forEach(Tensor::close);
        return new Outcome(losses, values);
    }

    private Outcome train(Recipe recipe, double weight, int steps, Map<Integer, Map<String, float[]>> starts) {
        return train(device, LossScalingTest::member, recipe, weight, steps, starts);
    }

    private static Outcome reference(IntFunction<Objective> objective, Recipe recipe, double weight, int steps) {
        try (Device reference = new ReferenceBackend().open(0)) {
            return train(reference, objective, recipe, weight, steps, Map.of(0, start(0)));
        }
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static List<String> velocities(Outcome outcome) {
        return outcome.values.getFirst().keySet().stream().filter(n -> n.startsWith("optimizer.velocity.")).toList();
    }

    /** After one step without weight decay velocities are gradients. */
    private static void assertSameGradients(Outcome expected, Outcome actual) {
        List<String> names = velocities(expected);
        assertEquals(5, names.size());
        for (String name : names) {
            new Tolerance(0.004).checkNorm(name, doubles(expected.value(0, name)), doubles(actual.value(0, name)));
        }
    }

    @Test
    void gradientsThatHalvesCannotHoldAreThoseOfSinglePrecision() {
        Outcome expected = reference(LossScalingTest::member, sgd(1), TINY, 1);
        assertSameGradients(expected, train(sgd(1), TINY, 1, Map.of(0, start(0))));

        Outcome unscaled = train(sgd(1), TINY, 1, Map.of(0, start(0, 1, 0, 0)));
        for (String name : velocities(unscaled)) {
            assertArrayEquals(new float[unscaled.value(0, name).length], unscaled.value(0, name), name);
        }
    }

    @Test
    void soAreThoseOfALossThatIsOnePartOfAnother() {
        Outcome expected = reference(LossScalingTest::weighted, sgd(1), TINY, 1);
        assertSameGradients(expected, train(device, LossScalingTest::weighted, sgd(1), TINY, 1, Map.of(0, start(0))));
    }

    @Test
    void aTrainingFollowsThatOfTheReference() {
        Outcome expected = reference(LossScalingTest::member, sgd(6e4), TINY, 12);
        Outcome actual = train(sgd(6e4), TINY, 12, Map.of(0, start(0)));
        for (int i = 0; i < 12; i++) {
            Tolerance.ofTraining(Precision.F16).check("loss of step " + i, expected.losses[i], actual.losses[i]);
        }
        assertTrue(actual.losses[11][0] < 0.8 * actual.losses[0][0], () -> actual.losses[0][0] + " to " + actual.losses[11][0]);
        assertArrayEquals(new float[] {0x1p16f}, actual.value(0, SCALE));
        assertArrayEquals(new float[] {12, 12}, actual.value(0, STEPS));
    }

    private static void assertSame(Map<String, float[]> expected, Map<String, float[]> actual) {
        assertTrue(actual.keySet().containsAll(expected.keySet()));
        expected.forEach((name, v) -> assertArrayEquals(v, actual.get(name), name));
    }

    @Test
    void aStepWhoseGradientsOverflowIsLeftOutForThatMemberAlone() {
        Map<Integer, Map<String, float[]>> starts = new LinkedHashMap<>();
        starts.put(0, start(0));
        starts.put(1, start(1, 0x1p24f, 5, 0));
        starts.put(2, start(2));
        Outcome together = train(adamW(), 1, 1, starts);

        Map<String, float[]> left = new HashMap<>(together.values.get(1));
        starts.get(1).forEach((name, v) -> {
            if (!name.contains("running") && !name.startsWith(SCALE)) {
                assertArrayEquals(v, left.get(name), name);
                left.remove(name);
            }
        });
        left.forEach((name, v) -> {
            if (name.startsWith("optimizer.m.") || name.startsWith("optimizer.v.")) {
                assertArrayEquals(new float[v.length], v, name);
            }
        });
        assertArrayEquals(new float[] {0x1p23f}, together.value(1, SCALE));
        assertArrayEquals(new float[] {0, 0}, together.value(1, STEPS));

        for (int m : List.of(0, 2)) {
            assertSame(train(adamW(), 1, 1, Map.of(m, starts.get(m))).values.getFirst(), together.values.get(m));
            assertArrayEquals(new float[] {1, 1}, together.value(m, STEPS));
            assertFalse(Arrays.equals(starts.get(m).get("head.weight"), together.value(m, "head.weight")));
        }
    }

    /** AdamW divides by what depends on the number of the step. */
    @Test
    void stepsThatWereLeftOutDoNotCount() {
        Outcome all = train(adamW(), 1, 8, Map.of(0, start(0, 0x1p24f, 0, 0)));
        float scale = all.value(0, SCALE)[0];
        float made = all.value(0, STEPS)[1];
        assertEquals(8, made + 24 - Math.getExponent(scale));
        assertTrue(made >= 1 && made < 8, () -> "made " + made);
        Outcome alone = train(adamW(), 1, (int) made, Map.of(0, start(0, scale, 0, 0)));
        alone.values.getFirst().forEach((name, v) -> {
            if (!name.contains("running")) {
                assertArrayEquals(v, all.value(0, name), name);
            }
        });
    }

    @Test
    void theScaleIsDoubledAfterTwoThousandGoodSteps() {
        Outcome outcome = train(sgd(0.1), 1, 3, Map.of(0, start(0, 0x1p10f, 1998, 7)));
        assertArrayEquals(new float[] {0x1p11f}, outcome.value(0, SCALE));
        assertArrayEquals(new float[] {1, 10}, outcome.value(0, STEPS));
    }

    @Test
    void aTrainingThatDivergesFallsToTheSmallestScaleAndSaysSoAndDisturbsNobody() {
        Map<Integer, Map<String, float[]>> starts = new LinkedHashMap<>();
        starts.put(0, start(0));
        starts.put(1, start(1, 4, 0, 0));
        Arrays.fill(starts.get(1).get("head.weight"), 3000);
        Outcome together = train(adamW(), 1, 5, starts);
        for (int i = 0; i < 3; i++) {
            assertTrue(Double.isFinite(together.losses[i][1]), "step " + i);
        }
        assertFalse(Double.isFinite(together.losses[3][1]));
        Outcome alone = train(adamW(), 1, 5, Map.of(0, starts.get(0)));
        assertSame(alone.values.getFirst(), together.values.getFirst());
        for (int i = 0; i < 5; i++) {
            assertEquals(alone.losses[i][0], together.losses[i][0]);
        }
    }

    @Test
    void aTrainingThatIsTakenUpAgainGoesOnWithTheSameBits() {
        Outcome whole = train(adamW(), 1, 6, Map.of(0, start(0, INITIAL, 1997, 0)));
        Outcome half = train(adamW(), 1, 3, Map.of(0, start(0, INITIAL, 1997, 0)));
        assertSame(whole.values.getFirst(), train(adamW(), 1, 3, Map.of(0, half.values.getFirst())).values.getFirst());
        assertArrayEquals(new float[] {2 * INITIAL}, whole.value(0, SCALE));
    }

    /** One step on two shards of the same batch; all that training carries. */
    private static Map<String, float[]> sharded(Device device, Map<String, float[]> start) {
        Map<String, Tensor> batch = batch(device, TINY);
        Map<String, float[]> values;
        try (Workers workers = new Workers(device, 2);
                TrainingState state = TrainingState.start(device, TrainingStep.parameters(member(0)), start, sgd(1));
                ShardedStep step = new ShardedStep(device, member(0), sgd(1), state, 2)) {
            batch.forEach((name, t) -> IntStream.range(0, 2).forEach(s -> step.bind(s, name, t)));
            step.run(workers, 0, 1, s -> {});
            values = state.values();
        }
        batch.values().forEach(Tensor::close);
        return values;
    }

    @Test
    void shardsOfABatchShareAScale() {
        Outcome expected = reference(LossScalingTest::member, sgd(1), TINY, 1);
        Outcome actual = new Outcome(new double[0][], List.of(sharded(device, start(0))));
        assertSameGradients(expected, actual);
        assertArrayEquals(new float[] {1, 1}, actual.value(0, STEPS));

        Map<String, float[]> start = start(0, 0x1p24f, 0, 0);
        start.put("head.weight", new Init.Constant(3000).values(0, "", 48));
        Map<String, float[]> left = sharded(device, start);
        assertArrayEquals(start.get("head.weight"), left.get("head.weight"));
        assertArrayEquals(start.get("conv.weight"), left.get("conv.weight"));
        assertArrayEquals(new float[] {0x1p23f}, left.get(SCALE));
    }

    private static List<String> plan(Precision precision, float clipNorm) {
        Recipe recipe = new Recipe(sgd(1).optimizer(), sgd(1).schedule(), clipNorm, 0);
        try (Device device = new CudaBackend().open(0, precision);
                TrainingState state = TrainingState.start(device, TrainingStep.parameters(member(0)), start(0), recipe);
                TrainingStep step = TrainingStep.compile(device, member(0), recipe, state)) {
            return step.describe().lines().toList();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "TF32", "BF16"})
    void otherPrecisionsScaleNothing(Precision precision) {
        assertEquals(List.of(), plan(precision, 0).stream().filter(l -> l.contains("oss scale") || l.contains("lossScale") || l.contains("ScaleBy")).toList());
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 1})
    void scalingTakesTwoLaunchesAndThePlanNamesThem(float clipNorm) {
        List<String> scaled = plan(Precision.F16, clipNorm);
        String all = String.join("\n", scaled);
        assertEquals(1, scaled.stream().filter(l -> l.startsWith("NsrLoss") && l.contains("of '" + SCALE + "'")).count(), all);
        assertEquals(2, scaled.stream().filter(l -> l.startsWith("LossScaleUpdate 'loss scale'")).count(), all);
        assertEquals(0, scaled.stream().filter(l -> l.contains("ScaleBy")).count(), all);
        if (clipNorm == 0) {
            assertEquals(plan(Precision.BF16, 0).size() + 2, scaled.size(), all);
        }
    }
}
