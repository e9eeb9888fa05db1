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

/** What a batch norm makes is not stored where all that read it can make it, and is the same. */
@ExtendWith(NeedsCudaSimulator.class)
class DeferredNormTest {
    private static final Values SMALL = Values.normal(0, 0.3);

    @AfterEach
    void theSimulatorFindsNothingWrong() {
        assertEquals(List.of(), CudaSimulator.findings());
    }

    /** Of a product with {@code channels} channels of images of {@code height} by {@code width}. */
    private static Value norm(CaseWriter w, int samples, int channels, int height, int width, Activation act) {
        Value x = w.op(Op.Conv2d.plain(ConvGeometry.POINTWISE), w.src("src", samples, 8, height, width), w.weight("first", SMALL, channels, 8, 1, 1));
        return w.op(new Op.BatchNorm(1e-5f, act, false), x, w.weight("gamma", Values.normal(1, 0.2), channels), w.weight("beta", SMALL, channels),
                w.state("mean", Values.ZERO, channels), w.state("variance", Values.constant(1), channels), w.fixed("momentum", Values.constant(0.1), 1));
    }

    private static void gated(CaseWriter w, int channels, boolean shown) {
        Value x = norm(w, 5, channels, 4, 3, Activation.SWISH);
        Value pooled = w.op(new Op.GlobalAveragePool(), x);
        Value sum = w.op(new Op.Linear(true), pooled, w.weight("weight", SMALL, channels, channels), w.weight("bias", channels));
        w.result("dst", w.op(new Op.ChannelScale(), x, w.op(new Op.Activate(Activation.SIGMOID), sum)));
        if (shown) {
            w.result("x", x);
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 16", "F32, 10", "BF16, 16", "BF16, 10", "F16, 24"})
    void whatIsPooledAndGatedIsMadeThrice(Precision precision, int channels) {
        OpCase layer = new OpCase("gated " + channels, w -> gated(w, channels, false));
        List<String> plan = compare(precision, layer.gradient(DType.F32, Layout.CHANNELS_LAST), layer.gradient(DType.F64, Layout.PLAIN));
        String all = String.join("\n", plan);
        assertEquals(2, count(plan, "sum_normalised_pixels"), all);
        assertEquals(1, count(plan, "batch_norm_apply"), all);
        assertEquals(0, count(plan, "sum_pixels"), all);
        assertEquals(0, count(plan, "channel_scale"), all);
    }

    @ParameterizedTest
    @CsvSource({"F32, 16", "BF16, 16", "BF16, 10"})
    void whatSomebodyElseWantsIsStored(Precision precision, int channels) {
        OpCase layer = new OpCase("gated and shown " + channels, w -> gated(w, channels, true));
        List<String> plan = compare(precision, layer.gradient(DType.F32, Layout.CHANNELS_LAST), layer.gradient(DType.F64, Layout.PLAIN));
        String all = String.join("\n", plan);
        assertEquals(0, count(plan, "sum_normalised_pixels"), all);
        assertEquals(2, count(plan, "sum_pixels"), all);
    }

    /** Here gamma, or something else, changes between two who read what the batch norm makes of gamma. */
    @ParameterizedTest
    @CsvSource({"F32, true", "F32, false", "BF16, true", "BF16, false"})
    void whatIsMadeOfParametersThatChangeIsStored(Precision precision, boolean changes) {
        OpCase layer = new OpCase("gamma changes " + changes, w -> {
            Value gamma = w.state("gamma", Values.normal(1, 0.2), 16);
            Value x = w.op(new Op.BatchNorm(1e-5f, Activation.SWISH, false),
                    w.op(Op.Conv2d.plain(ConvGeometry.POINTWISE), w.src("src", 5, 8, 4, 3), w.weight("first", SMALL, 16, 8, 1, 1)), gamma,
                    w.weight("beta", SMALL, 16), w.state("mean", Values.ZERO, 16), w.state("variance", Values.constant(1), 16),
                    w.fixed("momentum", Values.constant(0.1), 1));
            w.observe("pooled", w.op(new Op.GlobalAveragePool(), x));
            Value parameter = changes ? gamma : w.state("other", Values.NORMAL, 16);
            w.graph().update(new Op.SgdUpdate(0.9f, false, 0), parameter, w.fixed("gradient", Values.NORMAL, 16), w.state("velocity", Values.ZERO, 16),
                    w.fixed("rate", Values.constant(1), 1));
            w.result("dst", w.op(new Op.ChannelScale(), x, w.fixed("gate", Values.POSITIVE, 5, 16)));
        });
        List<String> plan = compare(precision, layer.forward(DType.F32, Layout.CHANNELS_LAST), layer.forward(DType.F64, Layout.PLAIN));
        assertEquals(changes ? 0 : 1, count(plan, "sum_normalised_pixels"), String.join("\n", plan));
    }

    /** The second has a product for each strip of eight pixels; with 7 x 7 taps there are no registers for a batch norm then. */
    @ParameterizedTest
    @CsvSource({"BF16, 7, 9, 11, SWISH, true", "BF16, 5, 6, 7, SWISH, true", "F16, 5, 5, 9, HSWISH, true", "BF16, 7, 5, 7, SWISH, false",
        "BF16, 3, 5, 9, SWISH, false", "BF16, 5, 5, 9, GELU, false", "F32, 7, 5, 9, SWISH, false"})
    void whatIsConvolvedOnTensorCoresIsMadeOnItsWay(Precision precision, int side, int height, int width, Activation act, boolean deferred) {
        OpCase layer = new OpCase("norm before " + side, w -> {
            Value x = norm(w, 9, 24, height, width, act);
            w.result("dst", w.op(Op.Conv2d.plain(ConvGeometry.same(side, 1, 24)), x, w.weight("weight", SMALL, 24, 1, side, side)));
        });
        List<String> plan = compare(precision, layer.gradient(DType.F32, Layout.CHANNELS_LAST), layer.gradient(DType.F64, Layout.PLAIN));
        String all = String.join("\n", plan);
        assertEquals(deferred ? 0 : 1, count(plan, "batch_norm_apply"), all);
        assertEquals(deferred ? 2 : 0, count(plan, "BEFORE=" + act.ordinal()), all);
    }
}
