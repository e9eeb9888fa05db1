package donna.cuda;

import static donna.cuda.BesideReference.compare;
import static donna.cuda.BesideReference.count;
import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.backend.Precision;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.DType;
import donna.tensor.Layout;
import donna.tensor.Shape;
import donna.testkit.CaseWriter;
import donna.testkit.OpCase;
import donna.testkit.Values;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The perceptron of squeeze-and-excite is one launch, and its gradient two, wherever nobody else reads what it makes on the way. */
@ExtendWith(NeedsCudaSimulator.class)
class SqueezeExciteTest {
    private static final Values SMALL = Values.normal(0, 0.3);

    @AfterEach
    void theSimulatorFindsNothingWrong() {
        assertEquals(List.of(), CudaSimulator.findings());
    }

    /** What a layer makes on the way. */
    private record Parts(Value reduced, Value hidden, Value expanded, Value gate, Value dst) {}

    /** A layer with weights of its own, those of 1x1 convolutions. */
    private static Parts layer(CaseWriter w, String name, Value x, int reduced, Activation act, Activation gate) {
        int channels = x.shape().dim(1);
        Value reduce = w.op(new Op.Reshape(Shape.of(reduced, channels)), w.weight(name + "reduce", SMALL, reduced, channels, 1, 1));
        Value expand = w.op(new Op.Reshape(Shape.of(channels, reduced)), w.weight(name + "expand", SMALL, channels, reduced, 1, 1));
        return layer(w, x, List.of(reduce, w.weight(name + "reduce.bias", reduced), expand, w.weight(name + "expand.bias", channels)), act, gate);
    }

    /** @param weights to reduce, bias, to expand, bias */
    private static Parts layer(CaseWriter w, Value x, List<Value> weights, Activation act, Activation gate) {
        Value reduced = w.op(new Op.Linear(true), w.op(new Op.GlobalAveragePool(), x), weights.get(0), weights.get(1));
        Value hidden = w.op(new Op.Activate(act), reduced);
        Value expanded = w.op(new Op.Linear(true), hidden, weights.get(2), weights.get(3));
        Value factors = w.op(new Op.Activate(gate), expanded);
        return new Parts(reduced, hidden, expanded, factors, w.op(new Op.ChannelScale(), x, factors));
    }

    /** An image whose means are of the size of one. */
    private static Value image(CaseWriter w, int samples, int channels) {
        return w.src("src", Values.normal(0.5, 1), samples, channels, 2, 1);
    }

    private static List<String> gradient(Precision precision, OpCase layer) {
        return compare(precision, layer.gradient(DType.F32, Layout.CHANNELS_LAST), layer.gradient(DType.F64, Layout.PLAIN));
    }

    private static List<String> forward(Precision precision, OpCase layer) {
        return compare(precision, layer.forward(DType.F32, Layout.CHANNELS_LAST), layer.forward(DType.F64, Layout.PLAIN));
    }

    private static void assertLaunches(List<String> plan, int forward, int backward) {
        String all = String.join("\n", plan);
        assertEquals(forward, count(plan, "squeeze_excite"), all);
        assertEquals(backward, count(plan, "squeeze_excite_backward"), all);
        assertEquals(backward, count(plan, "squeeze_excite_backward_parameters"), all);
    }

    private static void assertNothingElse(List<String> plan) {
        String all = String.join("\n", plan);
        for (String kernel : List.of("epilogue", "activation", "activation_backward", "activation_backward_sums", "sum_rows")) {
            assertEquals(0, count(plan, kernel), all);
        }
        assertEquals(0, plan.stream().filter(l -> l.contains("store_all")).count(), all);
        assertEquals(0, plan.stream().filter(l -> l.startsWith("Linear") || l.startsWith("MatMul 'reduce")).count(), all);
    }

    /** Neighbours by four, two and one, fewer of them than threads and more, and one sample, channel or reduced channel alone. */
    @ParameterizedTest
    @CsvSource({"F32, 5, 16, 4", "F32, 9, 13, 6", "F32, 1, 10, 1", "F32, 9, 7, 3", "F32, 3, 1, 1", "F32, 2, 2056, 5", "F32, 1, 515, 255", "BF16, 9, 72, 20",
        "BF16, 1, 13, 1", "BF16, 40, 10, 6", "F16, 9, 24, 6", "F16, 3, 9, 130"})
    void theGradientTakesThreeLaunches(Precision precision, int samples, int channels, int reduced) {
        OpCase layer = new OpCase("squeeze " + samples + " " + channels + " " + reduced, w -> w.result("dst",
                layer(w, "", image(w, samples, channels), reduced, Activation.SWISH, Activation.SIGMOID).dst));
        List<String> plan = gradient(precision, layer);
        assertLaunches(plan, 1, 1);
        assertNothingElse(plan);
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void anyActivationMayBeInside(Activation act) {
        OpCase layer = new OpCase("squeeze " + act, w -> w.result("dst", layer(w, "", image(w, 3, 12), 8, act, Activation.HSIGMOID).dst));
        int fused = act == Activation.NONE ? 0 : 1;
        assertLaunches(gradient(Precision.F32, layer), fused, fused);
        assertLaunches(forward(Precision.F32, layer), 1, 0);
    }

    @ParameterizedTest
    @CsvSource({"F32, 9, 16, 4", "F32, 1, 13, 1", "BF16, 9, 72, 20", "F16, 2, 9, 5"})
    void theForwardPassAloneTakesOneLaunch(Precision precision, int samples, int channels, int reduced) {
        OpCase layer = new OpCase("squeeze forward " + channels, w -> w.result("dst",
                layer(w, "", image(w, samples, channels), reduced, Activation.RELU, Activation.HSIGMOID).dst));
        List<String> plan = forward(precision, layer);
        assertLaunches(plan, 1, 0);
        assertNothingElse(plan);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16", "F16"})
    void theGradientOfTheMeansMayBeUnwanted(Precision precision) {
        OpCase layer = new OpCase("squeeze of a constant", w -> w.result("dst",
                layer(w, "", w.fixed("src", Values.NORMAL, 9, 12, 2, 1), 6, Activation.SWISH, Activation.SIGMOID).dst));
        assertLaunches(gradient(precision, layer), 1, 1);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void theGateMayHaveOtherReaders(Precision precision) {
        OpCase layer = new OpCase("squeeze with a gate for all", w -> {
            Parts p = layer(w, "", image(w, 9, 12), 6, Activation.SWISH, Activation.SIGMOID);
            w.result("dst", p.dst);
            w.result("gate", p.gate);
        });
        assertLaunches(gradient(precision, layer), 1, 1);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void layersAreToldApart(Precision precision) {
        OpCase layers = new OpCase("squeeze twice, and beside", w -> {
            Value first = layer(w, "a.", image(w, 5, 12), 6, Activation.SWISH, Activation.SIGMOID).dst;
            w.result("first", layer(w, "b.", first, 3, Activation.RELU, Activation.SIGMOID).dst);
            w.result("second", layer(w, "c.", w.src("other", 5, 10, 2, 1), 4, Activation.SWISH, Activation.SIGMOID).dst);
        });
        assertLaunches(gradient(precision, layers), 3, 3);
    }

    enum Reason {
        REDUCED_IS_GIVEN,
        HIDDEN_IS_GIVEN,
        EXPANDED_IS_GIVEN,
        HIDDEN_HAS_ANOTHER_READER,
        EXPANDED_HAS_ANOTHER_READER,
        GATE_SCALES_NOTHING,
        TOO_MANY_REDUCED
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void otherwiseTheOpsStayApart(Reason why) {
        OpCase layer = new OpCase("squeeze " + why, w -> {
            Value x = w.op(Op.Conv2d.plain(ConvGeometry.POINTWISE), image(w, 3, 12), w.weight("first", SMALL, 12, 12, 1, 1));
            Parts p = layer(w, "", x, why == Reason.TOO_MANY_REDUCED ? 257 : 6, Activation.SWISH, Activation.SIGMOID);
            w.result("dst", why == Reason.GATE_SCALES_NOTHING ? p.gate : p.dst);
            switch (why) {
                case REDUCED_IS_GIVEN -> w.graph().output("shown", p.reduced);
                case HIDDEN_IS_GIVEN -> w.graph().output("shown", p.hidden);
                case EXPANDED_IS_GIVEN -> w.graph().output("shown", p.expanded);
                case HIDDEN_HAS_ANOTHER_READER -> w.result("other", w.op(new Op.Scale(2), p.hidden));
                case EXPANDED_HAS_ANOTHER_READER -> w.result("other", w.op(new Op.Activate(Activation.SWISH), p.expanded));
                case GATE_SCALES_NOTHING, TOO_MANY_REDUCED -> {}
            }
        });
        assertLaunches(gradient(Precision.F32, layer), 0, 0);
        assertLaunches(forward(Precision.F32, layer), 0, 0);
    }

    @Test
    void aWeightThatChangesInBetweenIsReadWhereItsOpsAre() {
        OpCase layer = new OpCase("squeeze with a changing weight", w -> {
            Value reduce = w.weight("reduce", SMALL, 6, 12);
            List<Value> weights = List.of(reduce, w.weight("reduce.bias", 6), w.weight("expand", SMALL, 12, 6), w.weight("expand.bias", 12));
            w.result("dst", layer(w, image(w, 3, 12), weights, Activation.SWISH, Activation.SIGMOID).dst);
            w.graph().node(new Op.EmaUpdate(0.5f), List.of(reduce, w.state("other", SMALL, 6, 12)));
        });
        assertLaunches(gradient(Precision.F32, layer), 0, 0);
        assertLaunches(forward(Precision.F32, layer), 1, 0);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void frozenWeightsPassGradientsOnAsBefore(Precision precision) {
        OpCase layer = new OpCase("squeeze frozen", w -> {
            List<Value> weights = List.of(w.fixed("reduce", SMALL, 6, 12), w.fixed("reduce.bias", SMALL, 6), w.fixed("expand", SMALL, 12, 6),
                    w.fixed("expand.bias", SMALL, 12));
            w.result("dst", layer(w, image(w, 5, 12), weights, Activation.SWISH, Activation.SIGMOID).dst);
        });
        assertLaunches(gradient(precision, layer), 0, 0);
        assertLaunches(forward(precision, layer), 1, 0);
    }
}
