package donna.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import donna.backend.BackendProvider;
import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.backend.reference.ReferenceBackend;
import donna.tensor.Buffer;
import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Layout;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * What every backend must do; a backend's test extends this and names its provider. The truth is the reference backend
 * in double, itself held to finite differences and to numbers from PyTorch.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class BackendContract {
    static final String STEP = "training step of an mbconv, sgd nesterov";
    private final Device reference = new ReferenceBackend().open(0);
    private Device device;

    /** The backend under test; it must be usable here. */
    public abstract BackendProvider provider();

    @BeforeAll
    public void open() {
        BackendProvider.Availability a = provider().probe();
        assertTrue(a.usable(), a.detail());
        device = provider().open(0);
    }

    @AfterEach
    public void nothingStaysInUse() {
        assertEquals(0, device.bytesInUse());
        assertEquals(0, reference.bytesInUse());
    }

    @AfterAll
    public void close() {
        device.close();
        reference.close();
    }

    @TestFactory
    public java.util.stream.Stream<DynamicTest> everyOpAgreesWithTheReferenceInDouble() {
        return OpCatalogue.all().stream()
                .map(c -> dynamicTest(
                        c.name(),
                        () -> compare(
                                c.name(), c.forward(DType.F32, Layout.PLAIN), c.forward(DType.F64, Layout.PLAIN))));
    }

    @TestFactory
    public java.util.stream.Stream<DynamicTest> everyGradientAgreesWithTheReferenceInDouble() {
        return OpCatalogue.all().stream()
                .filter(OpCase::hasGradient)
                .map(c -> dynamicTest(
                        c.name(),
                        () -> compare(
                                c.name(), c.gradient(DType.F32, Layout.PLAIN), c.gradient(DType.F64, Layout.PLAIN))));
    }

    @TestFactory
    public java.util.stream.Stream<DynamicTest> everyOpTakesImagesInTheDevicesOwnLayout() {
        return OpCatalogue.all().stream()
                .map(c -> dynamicTest(
                        c.name(),
                        () -> compare(
                                c.name(),
                                c.forward(DType.F32, device.preferredLayout()),
                                c.forward(DType.F64, Layout.PLAIN))));
    }

    @TestFactory
    public java.util.stream.Stream<DynamicTest> everyGradientTakesImagesInTheDevicesOwnLayout() {
        return OpCatalogue.all().stream()
                .filter(OpCase::hasGradient)
                .map(c -> dynamicTest(
                        c.name(),
                        () -> compare(
                                c.name(),
                                c.gradient(DType.F32, device.preferredLayout()),
                                c.gradient(DType.F64, Layout.PLAIN))));
    }

    @TestFactory
    public java.util.stream.Stream<DynamicTest> everyOpComputesWhatPytorchComputes() {
        return Goldens.ops().stream().map(g -> dynamicTest(g.name(), () -> g.check(device, DType.F32)));
    }

    @TestFactory
    public java.util.stream.Stream<DynamicTest> theFirstTrainingStepsAreThoseOfPytorch() {
        return Goldens.training().stream().map(g -> dynamicTest(g.name(), () -> g.check(device, DType.F32)));
    }

    @Test
    public void theServiceLoaderFindsTheBackend() {
        try (Device found = Backends.open(provider().name(), Precision.F32, line -> {})) {
            assertEquals(device.name(), found.name());
        }
    }

    @Test
    public void aDeviceThatIsNotThereIsRefused() {
        assertThrows(DonnaException.Unavailable.class, () -> provider().open(1000));
    }

    @Test
    public void theSameRunGivesTheSameBits() {
        OpCase.Written step = step();
        try (Stream stream = device.openStream();
                CaseRunner runner = new CaseRunner(device, step.graph())) {
            Map<String, double[]> first = runner.run(stream, step.values());
            sameBits(first, runner.run(stream, step.values()));
            sameBits(first, CaseRunner.once(device, step));
        }
    }

    @Test
    public void plansThatShareAStreamDoNotDisturbEachOther() {
        OpCase.Written step = step();
        OpCase.Written attention = named("layer attention").gradient(DType.F32, Layout.PLAIN);
        Map<String, double[]> stepAlone = CaseRunner.once(device, step);
        Map<String, double[]> attentionAlone = CaseRunner.once(device, attention);
        try (Stream stream = device.openStream();
                CaseRunner one = new CaseRunner(device, step.graph());
                CaseRunner two = new CaseRunner(device, attention.graph())) {
            for (int i = 0; i < 3; i++) {
                sameBits(attentionAlone, two.run(stream, attention.values()));
                sameBits(stepAlone, one.run(stream, step.values()));
            }
        }
    }

    @Test
    public void streamsSideBySideGiveTheBitsOfOneAlone() throws Exception {
        OpCase.Written step = step();
        Map<String, double[]> alone = CaseRunner.once(device, step);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            Callable<Map<String, double[]>> run = () -> CaseRunner.once(device, step);
            List<Future<Map<String, double[]>>> results = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                results.add(threads.submit(run));
            }
            for (Future<Map<String, double[]>> r : results) {
                sameBits(alone, r.get());
            }
        }
    }

    @Test
    public void variablesGoOnFromOneRunToTheNext() {
        OpCase.Written once = named("sgd momentum 0.9 nesterov [7]").forward(DType.F64, Layout.PLAIN);
        OpCase.Written here = named("sgd momentum 0.9 nesterov [7]").forward(DType.F32, Layout.PLAIN);
        try (Stream expectedStream = reference.openStream();
                CaseRunner expected = new CaseRunner(reference, once.graph());
                Stream stream = device.openStream();
                CaseRunner actual = new CaseRunner(device, here.graph())) {
            expected.run(expectedStream, once.values());
            expected.run(expectedStream, Map.of());
            actual.run(stream, here.values());
            Map<String, double[]> after = actual.run(stream, Map.of());
            Tolerance.of(DType.F32, 2)
                    .check("parameter", expected.tensor("parameter").toDoubles(), after.get("parameter"));
            assertFalse(Arrays.equals(here.values().get("parameter"), after.get("parameter")));
        }
    }

    @Test
    public void anotherTensorCanBeBoundBetweenRuns() {
        OpCase.Written scale = named("scale [3x5]").forward(DType.F32, Layout.PLAIN);
        try (Stream stream = device.openStream();
                CaseRunner runner = new CaseRunner(device, scale.graph());
                Tensor other = device.tensor(TensorSpec.f32(3, 5))) {
            runner.run(stream, scale.values());
            other.fill(2);
            runner.plan().bind("src", other);
            runner.plan().run(stream);
            stream.synchronize();
            for (double v : runner.tensor("dst").toDoubles()) {
                assertEquals(-3.5, v);
            }
        }
    }

    @Test
    public void aRunAllocatesNothingOnceTheStreamHasGrown() {
        OpCase.Written step = step();
        try (Stream stream = device.openStream();
                CaseRunner runner = new CaseRunner(device, step.graph())) {
            runner.run(stream, step.values());
            long bytes = device.bytesInUse();
            assertTrue(bytes > 0);
            runner.run(stream, step.values());
            assertEquals(bytes, device.bytesInUse());
        }
    }

    @Test
    public void aNameThatIsNotBoundIsNamed() {
        try (Stream stream = device.openStream();
                Plan plan = device.compile(
                        named("scale [3x5]").forward(DType.F32, Layout.PLAIN).graph());
                Tensor src = device.tensor(TensorSpec.f32(3, 5))) {
            plan.bind("src", src);
            DonnaException.InvalidInput e = assertThrows(DonnaException.InvalidInput.class, () -> plan.run(stream));
            assertTrue(e.getMessage().contains("'dst'"), e.getMessage());
        }
    }

    @Test
    public void aTensorOfAnotherSpecIsRefused() {
        try (Plan plan = device.compile(
                        named("scale [3x5]").forward(DType.F32, Layout.PLAIN).graph());
                Tensor wrong = device.tensor(TensorSpec.f32(5, 3))) {
            DonnaException.ShapeMismatch e =
                    assertThrows(DonnaException.ShapeMismatch.class, () -> plan.bind("src", wrong));
            assertTrue(e.getMessage().contains("[5, 3]") && e.getMessage().contains("[3, 5]"), e.getMessage());
            assertThrows(DonnaException.ShapeMismatch.class, () -> plan.bind("nobody", wrong));
        }
    }

    @Test
    public void whatIsClosedIsRefused() {
        Buffer buffer = device.allocate(16);
        Stream stream = device.openStream();
        CaseRunner runner = new CaseRunner(
                device, named("scale [3x5]").forward(DType.F32, Layout.PLAIN).graph());
        Plan plan = runner.plan();
        MemorySegment bytes = MemorySegment.ofArray(new byte[16]);
        buffer.close();
        buffer.close();
        assertThrows(DonnaException.Closed.class, () -> buffer.read(0, bytes));
        assertThrows(DonnaException.Closed.class, () -> buffer.write(0, bytes));
        stream.close();
        stream.close();
        assertThrows(DonnaException.Closed.class, () -> plan.run(stream));
        try (Stream open = device.openStream()) {
            runner.close();
            runner.close();
            assertThrows(DonnaException.Closed.class, () -> plan.run(open));
        }
    }

    @Test
    public void aBufferIsZeroAtFirstAndKeepsWhatIsWritten() {
        try (Buffer buffer = device.allocate(1000)) {
            assertEquals(1000, buffer.bytes());
            assertTrue(device.bytesInUse() >= 1000);
            byte[] read = new byte[1000];
            buffer.read(0, MemorySegment.ofArray(read));
            assertArrayEquals(new byte[1000], read);
            buffer.write(997, MemorySegment.ofArray(new byte[] {1, 2, 3}));
            byte[] end = new byte[4];
            buffer.read(996, MemorySegment.ofArray(end));
            assertArrayEquals(new byte[] {0, 1, 2, 3}, end);
            assertThrows(DonnaException.ShapeMismatch.class, () -> buffer.read(997, MemorySegment.ofArray(end)));
            assertThrows(DonnaException.ShapeMismatch.class, () -> buffer.write(-1, MemorySegment.ofArray(end)));
        }
    }

    @Test
    public void aPlanSaysWhatRunsEachOp() {
        try (Plan plan = device.compile(step().graph())) {
            for (String op : List.of("Conv2d", "BatchNorm", "ChannelScale", "NsrLoss", "SgdUpdate")) {
                assertTrue(plan.describe().contains(op), plan.describe());
            }
        }
    }

    private void compare(String name, OpCase.Written here, OpCase.Written truth) {
        Map<String, double[]> expected = CaseRunner.once(reference, truth);
        Map<String, double[]> actual = CaseRunner.once(device, here);
        assertEquals(expected.keySet(), actual.keySet());
        Tolerance tolerance = Tolerance.of(DType.F32, truth.reductionLength());
        expected.forEach((output, values) -> {
            if (!output.equals(OpCase.LOSS)) {
                tolerance.check(name + ": " + output, values, actual.get(output));
            }
        });
        assertEquals(0, device.bytesInUse());
    }

    private static OpCase.Written step() {
        return named(STEP).forward(DType.F32, Layout.PLAIN);
    }

    private static OpCase named(String name) {
        return OpCatalogue.all().stream()
                .filter(c -> c.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void sameBits(Map<String, double[]> expected, Map<String, double[]> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
    }
}
