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
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nodes that share a pass give what they give apart, in one launch where there were several. */
@ExtendWith(NeedsCudaSimulator.class)
class FusionsTest {
    private static final Values SMALL = Values.normal(0, 0.3);

    @AfterEach
    void theSimulatorFindsNothingWrong() {
        assertEquals(List.of(), CudaSimulator.findings());
    }

    /** A squeeze-and-excite layer whose weights are those of convolutions, and whose gate is also given out if {@code shown}. */
    private static void squeezeExcite(CaseWriter w, int channels, int height, boolean shown) {
        Value src = w.src("src", 5, channels, height, 3);
        Value x = w.op(Op.Conv2d.plain(ConvGeometry.POINTWISE), src, w.weight("first", SMALL, channels, channels, 1, 1));
        Value reduce = w.op(new Op.Reshape(Shape.of(6, channels)), w.weight("reduce", SMALL, 6, channels, 1, 1));
        Value expand = w.op(new Op.Reshape(Shape.of(channels, 6)), w.weight("expand", SMALL, channels, 6, 1, 1));
        Value reduced = w.op(new Op.Linear(true), w.op(new Op.GlobalAveragePool(), x), reduce, w.weight("reduce.bias", 6));
        Value expanded = w.op(new Op.Linear(true), w.op(new Op.Activate(Activation.SWISH), reduced), expand, w.weight("expand.bias", channels));
        Value gate = w.op(new Op.Activate(Activation.SIGMOID), expanded);
        w.result("dst", w.op(new Op.ChannelScale(), x, gate));
        if (shown) {
            w.result("reduced", reduced);
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 16", "F32, 10", "BF16, 16", "BF16, 10", "F16, 24"})
    void theGradientOfSqueezeAndExciteSharesPasses(Precision precision, int channels) {
        OpCase layer = new OpCase("squeeze " + channels, w -> squeezeExcite(w, channels, 4, false));
        List<String> plan = compare(precision, layer.gradient(DType.F32, Layout.CHANNELS_LAST), layer.gradient(DType.F64, Layout.PLAIN));
        String all = String.join("\n", plan);
        assertEquals(2, count(plan, "channel_scale"), all);
        assertEquals(0, count(plan, "spread_pixels"), all);
    }

    @ParameterizedTest
    @CsvSource({"F32, 16", "F32, 10", "BF16, 16", "BF16, 10", "F16, 24"})
    void theGradientOfAnActivationIsAddedUpOnTheWay(Precision precision, int features) {
        OpCase layer = new OpCase("perceptron " + features, w -> {
            Value sum = w.op(new Op.Linear(true), w.src("src", 5, 12), w.weight("weight", SMALL, features, 12), w.weight("bias", features));
            w.result("dst", w.op(new Op.Activate(Activation.SWISH), sum));
        });
        List<String> plan = compare(precision, layer.gradient(DType.F32, Layout.PLAIN), layer.gradient(DType.F64, Layout.PLAIN));
        String all = String.join("\n", plan);
        assertEquals(0, count(plan, "activation"), all);
        assertEquals(0, count(plan, "activation_backward"), all);
        assertEquals(1, count(plan, "activation_backward_sums"), all);
        assertEquals(0, count(plan, "sum_rows"), all);
        assertEquals(1, count(plan, "epilogue"), all);
    }

    @ParameterizedTest
    @CsvSource({"F32, true", "F32, false", "BF16, true", "BF16, false"})
    void anActivationIsMadeWithTheBiasWhoeverElseReadsTheSum(Precision precision, boolean shown) {
        OpCase layer = new OpCase("squeeze forward", w -> squeezeExcite(w, 16, 5, shown));
        List<String> plan = compare(precision, layer.forward(DType.F32, Layout.CHANNELS_LAST), layer.forward(DType.F64, Layout.PLAIN));
        assertEquals(0, count(plan, "activation"), String.join("\n", plan));
    }

    @ParameterizedTest
    @CsvSource({"F32, 8", "BF16, 8", "BF16, 7"})
    void aMeanIsSpreadWhereItIsAdded(Precision precision, int channels) {
        OpCase both = new OpCase("pool beside a product", w -> {
            Value x = w.op(Op.Conv2d.plain(ConvGeometry.POINTWISE), w.src("src", 3, 8, 5, 3), w.weight("weight", SMALL, channels, 8, 1, 1));
            w.result("mean", w.op(new Op.GlobalAveragePool(), x));
            w.result("dst", w.op(new Op.Activate(Activation.SWISH), x));
        });
        List<String> plan = compare(precision, both.gradient(DType.F32, Layout.CHANNELS_LAST), both.gradient(DType.F64, Layout.PLAIN));
        assertEquals(0, count(plan, "spread_pixels"), String.join("\n", plan));
        assertEquals(1, count(plan, "channel_scale"), String.join("\n", plan));
    }

    @ParameterizedTest
    @CsvSource({"F32, 2, 4", "F32, 3, 4", "F32, 4, 4", "BF16, 2, 4", "BF16, 3, 4", "BF16, 4, 4", "BF16, 3, 5", "F16, 3, 4", "F32, 3, 5", "BF16, 40, 5",
        "F32, 40, 5"})
    void imagesChangeOrderAndStorageInOnePass(Precision precision, int channels, int height) {
        OpCase layer = new OpCase("image " + channels, w -> {
            Value src = w.src("src", 3, channels, height, 6);
            w.result("dst", w.op(Op.Conv2d.plain(ConvGeometry.POINTWISE), src, w.weight("weight", SMALL, 12, channels, 1, 1)));
        });
        List<String> plan = compare(precision, layer.forward(DType.F32, Layout.PLAIN), layer.forward(DType.F64, Layout.PLAIN));
        String all = String.join("\n", plan);
        boolean floats = precision == Precision.F32;
        assertEquals(channels <= 4 ? 1 : 0, count(plan, "interleave"), all);
        assertEquals(channels > 4 && !floats ? 1 : 0, count(plan, "transpose_to_stored"), all);
        assertEquals(channels > 4 && floats ? 2 : 1, count(plan, "transpose"), all);
        assertEquals(0, count(plan, "to_stored"), all);
    }

    @ParameterizedTest
    @CsvSource({"F32, 3, 1, RELU6, true", "F32, 7, 2, SWISH, true", "BF16, 3, 2, SWISH, true", "BF16, 5, 1, HSWISH, true", "BF16, 7, 1, GELU, true",
        "F16, 5, 2, RELU, false", "BF16, 3, 1, NONE, true"})
    void aDepthwiseConvolutionStoresItsActivation(Precision precision, int side, int stride, Activation act, boolean bias) {
        OpCase layer = new OpCase("depthwise " + act, w -> {
            Value src = w.src("src", 2, 12, 9, 10);
            Value weight = w.weight("weight", SMALL, 12, 1, side, side);
            Op.Conv2d conv = new Op.Conv2d(ConvGeometry.same(side, stride, 12), bias, act, false);
            w.result("dst", bias ? w.op(conv, src, weight, w.weight("bias", 12)) : w.op(conv, src, weight));
        });
        List<String> plan = compare(precision, layer.forward(DType.F32, Layout.CHANNELS_LAST), layer.forward(DType.F64, Layout.PLAIN));
        String all = String.join("\n", plan);
        assertEquals(1, count(plan, "depthwise_strips"), all);
        assertEquals(1, count(plan, "AFTER=" + act.ordinal()), all);
        assertEquals(0, count(plan, "epilogue"), all);
    }

    /** A mean thirty deviations from zero takes ten bits of the sums of squares, if they are not of what is beyond a shift. */
    @ParameterizedTest
    @CsvSource({"F32, 3, 1, 12, 30", "F32, 5, 2, 5, 30", "F32, 7, 1, 140, 0", "BF16, 3, 1, 12, 0", "BF16, 7, 2, 5, 0", "BF16, 3, 2, 140, 0",
        "F16, 5, 1, 12, 0"})
    void aDepthwiseConvolutionAddsUpTheStatisticsOfItsBatchNorm(Precision precision, int side, int stride, int channels, int mean) {
        OpCase layer = new OpCase("depthwise and batch norm", w -> {
            Value src = w.weight("src", Values.normal(mean, 1), 3, channels, 9, 10);
            Value x = w.op(Op.Conv2d.plain(new ConvGeometry(stride, 0, 1, channels)), src, w.weight("weight", SMALL, channels, 1, side, side));
            w.result("dst", w.op(new Op.BatchNorm(1e-5f, Activation.SWISH, false), x, w.weight("gamma", channels), w.weight("beta", channels),
                    w.state("mean", Values.ZERO, channels), w.state("variance", Values.constant(1), channels), w.fixed("momentum", Values.constant(0.1), 1)));
        });
        List<String> plan = compare(precision, layer.forward(DType.F32, Layout.CHANNELS_LAST), layer.forward(DType.F64, Layout.PLAIN));
        String all = String.join("\n", plan);
        assertEquals(1, count(plan, "STATISTICS=1"), all);
        assertEquals(1, count(plan, "batch_norm_moments"), all);
        assertEquals(0, count(plan, "batch_norm_statistics"), all);
    }
}
