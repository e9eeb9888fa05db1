package donna.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.ConvGeometry;
import donna.tensor.DonnaException;
import donna.tensor.Layout;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the contract of all backends does not see: layouts, copies of weights, implementations. */
class CpuPlanTest {
    private static final TensorSpec IMAGE = TensorSpec.f32(2, 32, 4, 4);
    private static final TensorSpec WEIGHT = TensorSpec.f32(16, 32, 1, 1);
    private Device device;
    private Stream stream;

    @BeforeEach
    void open() {
        device = new CpuBackend().open(0);
        stream = device.openStream();
    }

    @AfterEach
    void close() {
        stream.close();
        assertEquals(0, device.bytesInUse());
        device.close();
    }

    /** {@code dst[n, o, y, x] = 32 * weight} for an image of ones. */
    private Graph convolution() {
        Graph.Builder g = new Graph.Builder();
        Value src = g.input("src", IMAGE.with(device.preferredLayout()));
        Value dst = g.add(Op.Conv2d.plain(ConvGeometry.POINTWISE), src, g.variable("weight", WEIGHT));
        return g.output("dst", dst, device.preferredLayout()).build();
    }

    private static double[] constant(int count, double value) {
        double[] all = new double[count];
        Arrays.fill(all, value);
        return all;
    }

    /** One pixel of one block of channels is as much as a vector, which may be half a cache line. */
    @Test
    void samplesThatBeginAtAnyVectorOfABufferAreBound() {
        TensorSpec image = TensorSpec.f32(1, 8, 1, 1).with(device.preferredLayout());
        Graph.Builder g = new Graph.Builder();
        g.output("dst", g.add(new Op.Scale(2), g.input("src", image)), device.preferredLayout());
        try (Plan plan = device.compile(g.build());
                Tensor src = device.tensor(TensorSpec.f32(4, 8, 1, 1).with(device.preferredLayout()));
                Tensor dst = device.tensor(TensorSpec.f32(4, 8, 1, 1).with(device.preferredLayout()))) {
            src.set(IntStream.range(0, 32).asDoubleStream().toArray());
            for (int i = 0; i < 4; i++) {
                plan.bind("src", src.samples(i, 1));
                plan.bind("dst", dst.samples(3 - i, 1));
                plan.run(stream);
            }
            double[] backwards = IntStream.range(0, 32).mapToDouble(i -> 2 * (i % 8 + 8 * (3 - i / 8))).toArray();
            assertArrayEquals(backwards, dst.toDoubles());
        }
    }

    @Test
    void weightsWrittenBetweenRunsAreSeen() {
        try (Plan plan = device.compile(convolution());
                Tensor src = device.tensor(IMAGE.with(device.preferredLayout()));
                Tensor weight = device.tensor(WEIGHT);
                Tensor dst = device.tensor(TensorSpec.f32(2, 16, 4, 4).with(device.preferredLayout()))) {
            src.fill(1);
            plan.bind("src", src);
            plan.bind("weight", weight);
            plan.bind("dst", dst);
            for (double w : new double[] {1, 1, 2}) {
                weight.fill(w);
                plan.run(stream);
                assertArrayEquals(constant(512, 32 * w), dst.toDoubles());
            }
        }
    }

    @Test
    void weightsThatAnotherPlanUpdatesAreSeen() {
        Graph.Builder g = new Graph.Builder();
        Value weight = g.variable("weight", WEIGHT);
        Value gradient = g.add(new Op.Fill(1, WEIGHT));
        g.update(new Op.SgdUpdate(0, false, 0), weight, gradient, g.variable("velocity", WEIGHT), g.input("rate", TensorSpec.f32(1)));
        try (Plan update = device.compile(g.build());
                Plan plan = device.compile(convolution());
                Tensor src = device.tensor(IMAGE.with(device.preferredLayout()));
                Tensor w = device.tensor(WEIGHT);
                Tensor velocity = device.tensor(WEIGHT);
                Tensor rate = device.tensor(TensorSpec.f32(1));
                Tensor dst = device.tensor(TensorSpec.f32(2, 16, 4, 4).with(device.preferredLayout()))) {
            src.fill(1);
            rate.fill(0.5);
            plan.bind("src", src);
            plan.bind("dst", dst);
            for (Plan p : List.of(plan, update)) {
                p.bind("weight", w);
            }
            update.bind("velocity", velocity);
            update.bind("rate", rate);
            plan.run(stream);
            assertArrayEquals(constant(512, 0), dst.toDoubles());
            update.run(stream);
            plan.run(stream);
            assertArrayEquals(constant(512, 32 * -0.5), dst.toDoubles());
        }
    }

    @Test
    void imagesInTheDevicesLayoutAreNotConvertedAndNoReferenceImplementationRuns() {
        try (Plan plan = device.compile(convolution())) {
            String text = plan.describe();
            assertFalse(text.contains("layout"), text);
            assertFalse(text.contains("ref"), text);
            assertTrue(text.contains("once weight"), text);
        }
    }

    @Test
    void aRowMajorImageIsConvertedOnceForTwoReaders() {
        Graph.Builder g = new Graph.Builder();
        Value src = g.input("src", IMAGE);
        g.output("a", g.add(Op.Conv2d.plain(ConvGeometry.POINTWISE), src, g.variable("wa", WEIGHT)), device.preferredLayout());
        g.output("b", g.add(Op.Conv2d.plain(ConvGeometry.POINTWISE), src, g.variable("wb", WEIGHT)), device.preferredLayout());
        try (Plan plan = device.compile(g.build())) {
            assertEquals(1, plan.describe().lines().filter(l -> l.contains("layout")).count(), plan.describe());
        }
    }

    @Test
    void elementwiseOpsWorkInPlaceWhereTheSourceIsNotNeededAnyMore() {
        Graph.Builder g = new Graph.Builder();
        Value a = g.add(new Op.Scale(2), g.input("src", TensorSpec.f32(1024)));
        Value b = g.add(new Op.Scale(3), a);
        Value c = g.add(new Op.Add(), b, a);
        g.output("dst", g.add(new Op.Scale(1), c));
        try (Plan plan = device.compile(g.build());
                Tensor src = device.tensor(TensorSpec.f32(1024));
                Tensor dst = device.tensor(TensorSpec.f32(1024))) {
            assertEquals(4096, plan.scratchBytes());
            src.fill(1);
            plan.bind("src", src);
            plan.bind("dst", dst);
            plan.run(stream);
            assertArrayEquals(constant(1024, 8), dst.toDoubles());
        }
    }

    @Test
    void aClosedTensorIsNoticedBeforeNativeCodeTouchesIt() {
        try (Plan plan = device.compile(convolution());
                Tensor weight = device.tensor(WEIGHT);
                Tensor dst = device.tensor(TensorSpec.f32(2, 16, 4, 4).with(device.preferredLayout()))) {
            Tensor src = device.tensor(IMAGE.with(device.preferredLayout()));
            plan.bind("src", src);
            plan.bind("weight", weight);
            plan.bind("dst", dst);
            src.close();
            assertThrows(DonnaException.Closed.class, () -> plan.run(stream));
        }
    }

    @Test
    void doublePrecisionIsRefusedByName() {
        Graph.Builder g = new Graph.Builder();
        g.output("dst", g.add(new Op.Scale(2), g.input("temperature", new TensorSpec(donna.tensor.DType.F64, new donna.tensor.Shape(3), Layout.PLAIN))));
        DonnaException.InvalidInput e = assertThrows(DonnaException.InvalidInput.class, () -> device.compile(g.build()));
        assertTrue(e.getMessage().contains("'temperature'"), e.getMessage());
    }

    @Test
    void channelsLastIsRefusedByName() {
        Graph.Builder g = new Graph.Builder();
        g.output("dst", g.add(new Op.Scale(2), g.input("image", IMAGE.with(Layout.CHANNELS_LAST))));
        DonnaException.InvalidInput e = assertThrows(DonnaException.InvalidInput.class, () -> device.compile(g.build()));
        assertTrue(e.getMessage().contains("'image'") && e.getMessage().contains("channels last"), e.getMessage());
    }
}
