package donna.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import donna.backend.BackendProvider;
import donna.backend.Device;
import donna.backend.Precision;
import donna.backend.reference.ReferenceBackend;
import donna.graph.Graph;
import donna.graph.Op;
import donna.tensor.Activation;
import donna.tensor.DType;
import donna.tensor.Layout;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * What a backend must do in a precision that stores activations in 16 bits: a backend's test extends this. The values of all inputs are numbers of 16 bits, so
 * that what a result is off by comes from its own storage and from that of what it was computed from. One case stands for all with the same kinds of ops on
 * channels that do, or do not, come in eights; those of eight images and more, which 16 bits may have kernels of their own for, are all there.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class PrecisionContract {
    private static final Set<Activation> JUMPING = EnumSet.of(Activation.RELU, Activation.RELU6, Activation.HSWISH, Activation.HSIGMOID);

    /** Images. */
    private static final int MANY = 8;

    private final Device reference = new ReferenceBackend().open(0);
    private Device device;

    /** The backend under test; it must be usable here. */
    public abstract BackendProvider provider();

    /** One that stores activations in 16 bits. */
    public abstract Precision precision();

    @BeforeAll
    public void open() {
        device = provider().open(0, precision());
    }

    @AfterEach
    public void nothingStaysInUse() {
        assertEquals(0, device.bytesInUse());
    }

    @AfterAll
    public void close() {
        device.close();
        reference.close();
    }

    private static String kind(String name, Graph graph) {
        TreeSet<String> ops = new TreeSet<>();
        graph.nodes().forEach(n -> ops.add(n.op().getClass().getSimpleName()));
        boolean eights = graph.nodes().stream()
                .flatMap(n -> n.outputs().stream())
                .map(s -> s.shape())
                .filter(s -> s.rank() > 1)
                .allMatch(s -> channels(s) % 8 == 0);
        boolean many = graph.nodes().stream().anyMatch(n -> n.op() instanceof Op.Conv2d && n.output(0).shape().dim(0) >= MANY);
        return ops + " " + eights + (many ? " " + name : "");
    }

    private static boolean jumps(Graph graph) {
        return graph.nodes().stream().anyMatch(n -> JUMPING.contains(switch (n.op()) {
            case Op.BatchNorm o -> o.act();
            case Op.Activate o -> o.act();
            default -> Activation.NONE;
        }));
    }

    private static int channels(Shape s) {
        return s.rank() == 4 ? s.dim(1) : s.dim(-1);
    }

    private java.util.stream.Stream<DynamicTest> each(BiFunction<OpCase, DType, OpCase.Written> form, List<OpCase> cases) {
        Map<String, OpCase> kinds = new LinkedHashMap<>();
        Comparator<OpCase> jumpsLast = Comparator.comparing(c -> jumps(form.apply(c, DType.F64).graph()));
        cases.stream().sorted(jumpsLast).forEach(c -> kinds.putIfAbsent(kind(c.name(), form.apply(c, DType.F64).graph()), c));
        return kinds.values().stream().map(c -> dynamicTest(c.name(), () -> compare(c.name(), form.apply(c, DType.F32), form.apply(c, DType.F64))));
    }

    @TestFactory
    public java.util.stream.Stream<DynamicTest> everyKindOfOpAgreesWithTheReference() {
        return each((c, type) -> c.forwardOfActivations(type, type == DType.F32 ? device.preferredLayout() : Layout.PLAIN), OpCatalogue.all());
    }

    @TestFactory
    public java.util.stream.Stream<DynamicTest> everyKindOfGradientAgreesWithTheReference() {
        return each(
                (c, type) -> c.gradientOfActivations(type, type == DType.F32 ? device.preferredLayout() : Layout.PLAIN),
                OpCatalogue.all().stream().filter(OpCase::hasGradient).toList());
    }

    @Test
    public void theFirstTrainingStepsAreCloseToThoseOfPytorchInSinglePrecision() {
        Goldens.training().forEach(g -> g.check(device, DType.F32, Tolerance.ofTraining(precision())));
    }

    @Test
    public void theSameRunGivesTheSameBits() {
        OpCase.Written step = OpCatalogue.all().stream()
                .filter(c -> c.name().equals(BackendContract.STEP))
                .findFirst()
                .orElseThrow()
                .forward(DType.F32, Layout.PLAIN);
        Map<String, double[]> first = CaseRunner.once(device, step);
        Map<String, double[]> second = CaseRunner.once(device, step);
        first.forEach((name, values) -> assertArrayEquals(values, second.get(name), name));
    }

    @Test
    public void theDeviceSaysItsPrecision() {
        assertTrue(device.name().contains(precision().word()), device.name());
    }

    private double rounded(double v) {
        float f = (float) v;
        if (precision() == Precision.F16) {
            return Float.float16ToFloat(Float.floatToFloat16(f));
        }
        int bits = Float.floatToRawIntBits(f);
        return Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000);
    }

    private OpCase.Written rounded(OpCase.Written w) {
        Map<String, double[]> values = new HashMap<>();
        w.values().forEach((name, v) -> values.put(name, Arrays.stream(v).map(this::rounded).toArray()));
        return new OpCase.Written(w.graph(), values, w.reductionLength());
    }

    private void compare(String name, OpCase.Written here, OpCase.Written truth) {
        Map<String, double[]> expected = CaseRunner.once(reference, rounded(truth));
        Map<String, double[]> actual = CaseRunner.once(device, rounded(here));
        assertEquals(expected.keySet(), actual.keySet());
        Tolerance tolerance = Tolerance.of(precision(), truth.graph().nodes().size());
        List<String> far = new ArrayList<>();
        expected.forEach((output, values) -> {
            if (!output.equals(OpCase.LOSS)) {
                try {
                    tolerance.checkNorm(name + ": " + output, values, actual.get(output));
                } catch (AssertionError e) {
                    far.add(e.getMessage());
                }
            }
        });
        assertEquals(List.of(), far);
    }
}
