package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.ConvGeometry;
import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Layout;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the contract of all backends does not see: streams that nobody synchronizes, graphs, layouts. */
class GpuPlanTest extends OnSimulatedCard {
    private static final TensorSpec VECTOR = TensorSpec.f32(100);
    private static final TensorSpec IMAGE = TensorSpec.f32(2, 32, 4, 4);

    GpuPlanTest() {
        super(Precision.F32);
    }

    private Plan scale(float factor) {
        Graph.Builder g = new Graph.Builder();
        return device.compile(g.output("dst", g.add(new Op.Scale(factor), g.input("src", VECTOR))).build());
    }

    private static double[] constant(int count, double value) {
        double[] all = new double[count];
        Arrays.fill(all, value);
        return all;
    }

    @Test
    void aStreamWaitsForAnothersResultWithoutTheHost() {
        try (Plan twice = scale(2);
                Plan thrice = scale(3);
                Tensor a = device.tensor(VECTOR);
                Tensor b = device.tensor(VECTOR);
                Tensor c = device.tensor(VECTOR);
                Stream one = device.openStream();
                Stream two = device.openStream()) {
            twice.bind("src", a);
            twice.bind("dst", b);
            thrice.bind("src", b);
            thrice.bind("dst", c);
            for (int i = 1; i <= 4; i++) {
                a.fill(i);
                twice.run(one);
                thrice.run(two);
                twice.run(one);
                assertArrayEquals(constant(100, 6 * i), c.toDoubles());
            }
        }
    }

    @Test
    void aPlanThatTurnsBetweenTensorsKeepsAGraphForEach() {
        try (Plan twice = scale(2);
                Tensor a = device.tensor(VECTOR);
                Tensor b = device.tensor(VECTOR);
                Tensor dst = device.tensor(VECTOR);
                Stream stream = device.openStream()) {
            a.fill(1);
            b.fill(5);
            twice.bind("dst", dst);
            for (int i = 0; i < 6; i++) {
                twice.bind("src", i % 2 == 0 ? a : b);
                twice.run(stream);
                assertArrayEquals(constant(100, i % 2 == 0 ? 2 : 10), dst.toDoubles());
            }
        }
    }

    @Test
    void aPlanThatIsBoundToEverNewTensorsForgetsOldGraphs() {
        try (Plan twice = scale(2);
                Tensor src = device.tensor(TensorSpec.f32(80 * 100));
                Tensor dst = device.tensor(VECTOR);
                Stream stream = device.openStream()) {
            src.fill(1);
            twice.bind("dst", dst);
            for (int i = 0; i < 80; i++) {
                twice.bind("src", Tensor.view(VECTOR, src.buffer(), 400L * i));
                twice.run(stream);
                twice.run(stream);
            }
            assertArrayEquals(constant(100, 2), dst.toDoubles());
        }
    }

    @Test
    void imagesWithTheChannelsLastAreNotConverted() {
        Graph.Builder g = new Graph.Builder();
        Value src = g.input("src", IMAGE.with(device.preferredLayout()));
        Value dst = g.add(Op.Conv2d.plain(ConvGeometry.POINTWISE), src, g.variable("weight", TensorSpec.f32(16, 32, 1, 1)));
        try (Plan plan = device.compile(g.output("dst", dst, device.preferredLayout()).build())) {
            String text = plan.describe();
            assertFalse(text.contains("layout"), text);
            assertTrue(text.contains("cublasLt"), text);
        }
    }

    @Test
    void aPlanTellsTheTimeOfEachStepAndRunsOnAsBefore() {
        Graph.Builder g = new Graph.Builder();
        Value sum = g.add(new Op.Add(), g.input("src", VECTOR), g.variable("weight", VECTOR));
        try (Plan plan = device.compile(g.output("dst", g.add(new Op.Scale(3), sum)).build());
                Tensor src = device.tensor(VECTOR);
                Tensor weight = device.tensor(VECTOR);
                Tensor dst = device.tensor(VECTOR);
                Stream stream = device.openStream()) {
            src.fill(1);
            weight.fill(4);
            plan.bindAll(Map.of("src", src, "weight", weight, "dst", dst));
            List<TimedPlan.StepTime> times = ((TimedPlan) plan).times(stream, 3);
            assertEquals(plan.describe().lines().filter(l -> l.contains("'")).count(), times.size());
            assertTrue(times.stream().allMatch(t -> t.microseconds() >= 0 && t.bytes() >= VECTOR.bytes() && t.flops() == 0), times.toString());
            assertArrayEquals(constant(100, 15), dst.toDoubles());
            dst.fill(0);
            plan.run(stream);
            assertArrayEquals(constant(100, 15), dst.toDoubles());
        }
    }

    /** 1 + 2^-12 times one: what precision keeps of the sum's second term. */
    private static double product(Precision precision) {
        Graph.Builder g = new Graph.Builder();
        Value dst = g.add(new Op.Linear(false), g.input("src", TensorSpec.f32(1, 1)), g.variable("weight", TensorSpec.f32(1, 1)));
        try (Device device = new CudaBackend().open(0, precision);
                Plan plan = device.compile(g.output("dst", dst).build());
                Tensor src = device.tensor(TensorSpec.f32(1, 1));
                Tensor weight = device.tensor(TensorSpec.f32(1, 1));
                Tensor to = device.tensor(TensorSpec.f32(1, 1));
                Stream stream = device.openStream()) {
            src.fill(1 + 0x1p-12);
            weight.fill(1);
            plan.bindAll(Map.of("src", src, "weight", weight, "dst", to));
            plan.run(stream);
            stream.synchronize();
            return to.item();
        }
    }

    @Test
    void onlySinglePrecisionKeepsAllBitsOfWhatIsMultiplied() {
        assertEquals(1 + 0x1p-12, product(Precision.F32));
        assertEquals(1, product(Precision.TF32));
        assertEquals(1, product(Precision.F16));
        assertEquals(1, product(Precision.BF16));
    }

    @Test
    void aTensorThatBeginsBetweenWideLoadsIsRefused() {
        try (Plan plan = scale(2);
                Tensor src = device.tensor(TensorSpec.f32(101))) {
            Tensor view = Tensor.view(VECTOR, src.buffer(), 4);
            assertTrue(assertThrows(DonnaException.InvalidInput.class, () -> plan.bind("src", view)).getMessage().contains("multiple of 16"));
        }
    }

    @Test
    void typesAndLayoutsThatAreNotKnownAreRefusedByName() {
        for (TensorSpec spec : List.of(new TensorSpec(DType.F64, new Shape(3), Layout.PLAIN), IMAGE.with(new Layout(16)))) {
            Graph.Builder g = new Graph.Builder();
            g.output("dst", g.add(new Op.Scale(2), g.input("temperature", spec)));
            DonnaException.InvalidInput e = assertThrows(DonnaException.InvalidInput.class, () -> device.compile(g.build()));
            assertTrue(e.getMessage().contains("'temperature'"), e.getMessage());
        }
    }

    @Test
    void moreMemoryThanTheCardHasIsRefusedWithWhatToDo() {
        DonnaException.OutOfMemory e = assertThrows(DonnaException.OutOfMemory.class, () -> device.allocate(1L << 30));
        assertTrue(e.getMessage().contains("out of memory") && e.getMessage().contains("smaller batch"), e.getMessage());
    }
}
