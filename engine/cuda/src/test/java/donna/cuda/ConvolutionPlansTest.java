package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Precision;
import donna.backend.reference.ReferenceBackend;
import donna.ffi.CudaBindings;
import donna.graph.Graph;
import donna.graph.Op;
import donna.tensor.ConvGeometry;
import donna.tensor.DType;
import donna.tensor.Layout;
import donna.tensor.TensorSpec;
import donna.testkit.CaseRunner;
import donna.testkit.OpCase;
import donna.testkit.OpCatalogue;
import donna.testkit.Tolerance;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who computes a convolution of windows: cuDNN, with an engine that keeps what we promise; gathered windows where it cannot. */
@ExtendWith(NeedsCudaSimulator.class)
class ConvolutionPlansTest {
    private static final ConvGeometry STRIDED = ConvGeometry.same(3, 2, 1);

    /** Strided windows with holes: the simulator's library has no engine for them. */
    private static final ConvGeometry WITHOUT_ENGINE = new ConvGeometry(2, 2, 2, 1);

    /** As many groups as channels. */
    private static final Pattern DEPTHWISE = Pattern.compile(" c(\\d+) .* g\\1\\b");

    private static Device open(CudaBindings bindings) {
        CudaSimulator.clear();
        return new CudaBackend(() -> bindings).open(0);
    }

    @AfterEach
    void nothingLeaks() {
        assertEquals(List.of(), CudaSimulator.findings());
    }

    private static String describe(Device device, ConvGeometry geometry) {
        Graph.Builder g = new Graph.Builder();
        g.output("dst", g.add(Op.Conv2d.plain(geometry), g.input("src", TensorSpec.f32(2, 8, 9, 9)), g.variable("weight", TensorSpec.f32(16, 8, 3, 3))));
        try (Plan plan = device.compile(g.build())) {
            return plan.describe();
        }
    }

    @Test
    void aPlanNamesTheEngineThatIsDeterministicAndDoesNotRoundFloats() {
        try (Device device = open(new CudaSimulator())) {
            assertTrue(describe(device, STRIDED).contains("cudnn engine 4, channels last"), describe(device, STRIDED));
            String windows = describe(device, WITHOUT_ENGINE);
            assertTrue(windows.contains("gather_windows") && windows.contains("cublasLt") && !windows.contains("cudnn"), windows);
        }
    }

    /** More than the sums of any case have terms: those of a loss over all elements. */
    private static final int LONGEST_SUM = 4000;

    private static void agrees(Device device, OpCase.Written here, Map<String, double[]> expected) {
        Map<String, double[]> actual = CaseRunner.once(device, here);
        expected.forEach((name, values) -> Tolerance.of(DType.F32, LONGEST_SUM).check(name, values, actual.get(name)));
    }

    private static Map<String, double[]> inDouble(OpCase.Written written) {
        try (Device reference = new ReferenceBackend().open(0)) {
            return CaseRunner.once(reference, written);
        }
    }

    /** How far results may be from those in double, in shares of the largest: rounded operands, and gradients of rounded results. */
    private static double share(Precision precision) {
        return switch (precision) {
            case F32 -> 1e-5;
            case TF32, F16 -> 0.01;
            case BF16 -> 0.08;
        };
    }

    private static void isNear(Precision precision, Map<String, double[]> actual, Map<String, double[]> expected) {
        expected.forEach((name, values) -> {
            double largest = Arrays.stream(values).map(Math::abs).max().orElse(0);
            for (int i = 0; i < values.length && !name.contains("loss"); i++) {
                assertEquals(values[i], actual.get(name)[i], share(precision) * largest, precision + ", " + name + ", element " + i);
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void everyPrecisionIsNearDouble(Precision precision) {
        try (Device device = new CudaBackend().open(0, precision)) {
            for (OpCase c : OpCatalogue.all().stream().filter(o -> o.name().startsWith("conv2d") && !DEPTHWISE.matcher(o.name()).find()).toList()) {
                isNear(precision, CaseRunner.once(device, c.forward(DType.F32, Layout.PLAIN)), inDouble(c.forward(DType.F64, Layout.PLAIN)));
                if (c.hasGradient()) {
                    isNear(precision, CaseRunner.once(device, c.gradient(DType.F32, Layout.PLAIN)), inDouble(c.gradient(DType.F64, Layout.PLAIN)));
                }
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> withoutCudnnEveryConvolutionIsComputedFromWindows() {
        Device device = open(ChangedCudnn.missing());
        return OpCatalogue.all().stream().filter(c -> c.name().startsWith("conv2d")).map(c -> dynamicTest(c.name(), () -> {
            agrees(device, c.forward(DType.F32, Layout.PLAIN), inDouble(c.forward(DType.F64, Layout.PLAIN)));
            if (c.hasGradient()) {
                agrees(device, c.gradient(DType.F32, Layout.PLAIN), inDouble(c.gradient(DType.F64, Layout.PLAIN)));
            }
        })).onClose(device::close);
    }

    private static boolean convolvesAsTheReference(CudaBindings bindings) {
        OpCase c = OpCatalogue.all().stream().filter(o -> o.name().equals("conv2d n3 c8 7x7 o24 k5 s1 p2 d1 g1")).findFirst().orElseThrow();
        try (Device device = open(bindings)) {
            agrees(device, c.forward(DType.F32, Layout.PLAIN), inDouble(c.forward(DType.F64, Layout.PLAIN)));
            return true;
        } catch (AssertionError e) {
            return false;
        }
    }

    @Test
    void wrongStridesWouldBeSeen() {
        assertTrue(convolvesAsTheReference(ChangedCudnn.with((name, values) -> {})));
        // Images are 3 x 8 x 7 x 7: they are told to lie as N C H W.
        assertFalse(convolvesAsTheReference(ChangedCudnn.with((name, values) -> {
            if (name == 903 && values.getAtIndex(ValueLayout.JAVA_LONG, 0) == 8 * 7 * 7) {
                MemorySegment.copy(MemorySegment.ofArray(new long[] {392, 49, 7, 1}), 0, values, 0, 32);
            }
        })));
    }
}
