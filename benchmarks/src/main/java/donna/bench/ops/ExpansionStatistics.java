package donna.bench.ops;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.cpu.kernel.BatchNormForward;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.DType;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Mean and variance of an expansion {@code z = W x}: from a pass over z, which the convolution has stored, or from the means and the Gram matrix of x, by
 * {@code mean(z) = W mean(x)} and {@code var(z_j) = w_j' Cov(x) w_j}? The second need not be done again for another candidate on the same x: {@code GRAM} is
 * what all candidates of a block share, {@code APPLY} what each adds. The statistics are compared before anything is timed.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ExpansionStatistics {
    /** What is timed. */
    public enum Way {
        PASS,
        GRAM,
        APPLY
    }

    private static final double EPS = 1e-5;

    @Param
    private Way way;

    /** {@code batch: in->out@size}. */
    @Param({"64: 24->72@16", "64: 24->144@16", "64: 16->96@28", "16: 80->480@14", "16: 112->672@14"})
    private String shape;

    private final Arena arena = Arena.ofShared();
    private Device device;
    private Stream stream;
    private Plan plan;
    private List<Tensor> tensors;
    private int in;
    private int out;
    private int pixels;
    private double[] weight;
    private double[] mean;
    private double[] covariance;
    private double[] inverseStd;
    private MemorySegment gramHost;
    private Moments source;
    private Moments result;

    /** The statistics of an image by a pass over it. */
    private static final class Moments {
        private final BatchNormForward kernel;
        private final MemorySegment image;
        private final MemorySegment[] channels;

        Moments(Arena arena, MemorySegment image, int n, int c, int size) {
            kernel = new BatchNormForward(n, c, size, size, (float) EPS, Activation.NONE, false);
            this.image = image;
            channels = IntStream.range(0, 5).mapToObj(i -> arena.allocate((long) c * Float.BYTES, 64)).toArray(MemorySegment[]::new);
        }

        void run() {
            kernel.statistics(image, channels[0], channels[1], channels[2], channels[3], channels[4]);
        }

        double mean(int c) {
            return channels[3].getAtIndex(ValueLayout.JAVA_FLOAT, c);
        }

        double inverseStd(int c) {
            return channels[4].getAtIndex(ValueLayout.JAVA_FLOAT, c);
        }
    }

    @Setup
    public void open() {
        String[] numbers = shape.split(": |->|@");
        int n = Integer.parseInt(numbers[0]);
        in = Integer.parseInt(numbers[1]);
        out = Integer.parseInt(numbers[2]);
        int size = Integer.parseInt(numbers[3]);
        pixels = n * size * size;
        Random random = new Random(1);
        double[] x = random.doubles((long) n * in * size * size, -1, 1.2).toArray();
        weight = random.doubles((long) out * in, -1, 1).toArray();
        mean = new double[in];
        covariance = new double[in * in];
        inverseStd = new double[out];
        device = Backends.open("cpu", line -> {});
        stream = device.openStream();
        TensorSpec image = TensorSpec.f32(n, in, size, size).with(device.preferredLayout());
        TensorSpec weights = TensorSpec.f32(out, in, 1, 1);
        Graph.Builder g = new Graph.Builder();
        Value src = g.input("x", image);
        g.output("gram", g.add(new Op.Conv2dBackwardWeight(ConvGeometry.POINTWISE, Shape.of(in, in, 1, 1)), src, src));
        plan = device.compile(g.build());
        Graph.Builder z = new Graph.Builder();
        Value expanded = z.add(Op.Conv2d.plain(ConvGeometry.POINTWISE), z.input("x", image), z.input("w", weights));
        z.output("z", expanded, device.preferredLayout());
        tensors = List.of(device.tensor(image), device.tensor(weights), device.tensor(TensorSpec.f32(in, in, 1, 1)),
                device.tensor(TensorSpec.f32(n, out, size, size).with(device.preferredLayout())));
        tensors.get(0).set(x);
        tensors.get(1).set(weight);
        plan.bindAll(Map.of("x", tensors.get(0), "gram", tensors.get(2)));
        try (Plan expand = device.compile(z.build())) {
            expand.bindAll(Map.of("x", tensors.get(0), "w", tensors.get(1), "z", tensors.get(3)));
            expand.run(stream);
            stream.synchronize();
        }
        gramHost = arena.allocate(tensors.get(2).spec().bytes(), 64);
        source = new Moments(arena, host(tensors.get(0)), n, in, size);
        result = new Moments(arena, host(tensors.get(3)), n, out, size);
        result.run();
        gram();
        apply();
        Tolerance.of(DType.F32, pixels).check(shape, IntStream.range(0, out).mapToDouble(result::inverseStd).toArray(), inverseStd);
    }

    private MemorySegment host(Tensor t) {
        MemorySegment copy = arena.allocate(t.spec().bytes(), 64);
        t.buffer().read(0, copy);
        return copy;
    }

    private void gram() {
        source.run();
        plan.run(stream);
        stream.synchronize();
        tensors.get(2).buffer().read(0, gramHost);
        for (int i = 0; i < in; i++) {
            mean[i] = source.mean(i);
        }
        for (int i = 0; i < in * in; i++) {
            covariance[i] = gramHost.getAtIndex(ValueLayout.JAVA_FLOAT, i) / pixels - mean[i / in] * mean[i % in];
        }
    }

    private void apply() {
        for (int j = 0; j < out; j++) {
            double variance = 0;
            for (int a = 0; a < in; a++) {
                double row = 0;
                for (int b = 0; b < in; b++) {
                    row += covariance[a * in + b] * weight[j * in + b];
                }
                variance += row * weight[j * in + a];
            }
            inverseStd[j] = 1 / Math.sqrt(variance + EPS);
        }
    }

    @Benchmark
    public double run() {
        switch (way) {
            case PASS -> result.run();
            case GRAM -> gram();
            default -> apply();
        }
        return inverseStd[0];
    }

    @TearDown
    public void close() {
        tensors.forEach(Tensor::close);
        plan.close();
        stream.close();
        device.close();
        arena.close();
    }
}
