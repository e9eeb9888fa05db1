package donna.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.cpu.kernel.Lanes;
import donna.ffi.Dnnl;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.ConvGeometry;
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

class CpuPrecisionTest {
    private static final TensorSpec SMALL = TensorSpec.f32(2, 8, 4, 4);

    private static long steps(Plan plan, String text) {
        return plan.describe().lines().filter(l -> l.contains(text)).count();
    }

    /** Steps that multiply 16 bits: oneDNN names what its implementations are made for. */
    private static long roundedSteps(Plan plan) {
        return plan.describe().lines().filter(l -> l.contains("bf16") || l.contains("_amx")).count();
    }

    private static Device rounding() {
        assumeTrue(Lanes.L == 16, "oneDNN has no convolutions of 16 bits for AVX2");
        return new CpuDevice(Dnnl.open(), Precision.BF16);
    }

    /** A convolution and both of its gradients. */
    private static Graph convolution(TensorSpec image, TensorSpec weight, ConvGeometry g, Device device) {
        Graph.Builder b = new Graph.Builder();
        Value src = b.input("src", image.with(device.preferredLayout()));
        Value w = b.variable("weight", weight);
        Value dst = b.add(Op.Conv2d.plain(g), src, w);
        b.output("dst", dst, device.preferredLayout());
        b.output("dSrc", b.add(new Op.Conv2dBackwardData(g, image.shape()), dst, w), device.preferredLayout());
        b.output("dWeight", b.add(new Op.Conv2dBackwardWeight(g, weight.shape()), src, dst));
        return b.build();
    }

    @Test
    void eachImageIsRoundedOnceForAllPassesThatMultiplyIt() {
        try (Device device = rounding();
                Plan plan = device.compile(
                        convolution(TensorSpec.f32(2, 32, 8, 8), TensorSpec.f32(64, 32, 3, 3), ConvGeometry.same(3, 1, 1), device))) {
            assertEquals(2, steps(plan, "rounding"), plan.describe());
            assertEquals(3, roundedSteps(plan), plan.describe());
        }
    }

    @Test
    void whatIsNotWorthRoundingStaysInSinglePrecision() {
        try (Device device = rounding();
                Plan narrow = device.compile(convolution(SMALL, TensorSpec.f32(8, 8, 1, 1), ConvGeometry.POINTWISE, device));
                Plan depthwise = device.compile(convolution(SMALL, TensorSpec.f32(8, 1, 5, 5), ConvGeometry.same(5, 1, 8), device))) {
            for (Plan p : new Plan[] {narrow, depthwise}) {
                assertEquals(0, steps(p, "rounding") + roundedSteps(p), p.describe());
            }
        }
    }

    /** 1 + 2^-9 rounds to 1: what is multiplied loses it, what is added and what comes out do not. */
    @Test
    void operandsAreRoundedAndResultsAreNot() {
        double above = 1 + 0x1p-9;
        Graph.Builder b = new Graph.Builder();
        Value src = b.input("src", TensorSpec.f32(64, 64));
        Value product = b.add(new Op.Linear(true), src, b.variable("weight", TensorSpec.f32(64, 64)), b.variable("bias", TensorSpec.f32(64)));
        Graph graph = b.output("dst", product).build();
        try (Device device = rounding();
                Stream stream = device.openStream();
                Plan plan = device.compile(graph);
                Tensor in = device.tensor(TensorSpec.f32(64, 64));
                Tensor weight = device.tensor(TensorSpec.f32(64, 64));
                Tensor bias = device.tensor(TensorSpec.f32(64));
                Tensor dst = device.tensor(TensorSpec.f32(64, 64))) {
            plan.bind("src", in);
            plan.bind("weight", weight);
            plan.bind("bias", bias);
            plan.bind("dst", dst);
            in.fill(above);
            bias.fill(above);
            for (double w : new double[] {above, 2}) {
                weight.fill(w);
                plan.run(stream);
                double expected = 64 * (w == 2 ? 2 : 1) + above;
                for (double d : dst.toDoubles()) {
                    assertEquals(expected, d);
                }
            }
        }
    }

    @Test
    void precisionsAreThoseOfTheHardwareAndOthersAreRefusedWithTheReason() {
        CpuBackend backend = new CpuBackend();
        try (Dnnl dnnl = Dnnl.open()) {
            assertEquals(dnnl.multipliesBf16(), backend.precisions().contains(Precision.BF16));
        }
        assertTrue(backend.refusal(Precision.BF16).contains("neither AVX512-BF16 nor AMX"), backend.refusal(Precision.BF16));
        for (Precision p : EnumSet.of(Precision.TF32, Precision.F16)) {
            DonnaException e = assertThrows(DonnaException.Unavailable.class, () -> backend.open(0, p));
            assertTrue(e.getMessage().startsWith("device 'cpu' computes in f32") && e.getMessage().contains("not in " + p.word()), e.getMessage());
        }
    }
}
