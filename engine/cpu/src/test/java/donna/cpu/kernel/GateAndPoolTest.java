package donna.cpu.kernel;

import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link ChannelGate}, {@link GlobalPool} and {@link WindowPool}. */
class GateAndPoolTest {
    static Stream<Shape> shapes() {
        return Sample.shapes();
    }

    private static int pixels(Shape s) {
        return s.dim(2) * s.dim(3);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void gatesScaleChannelsAndTakeTheSumOverPixels(Shape s) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 51);
            int rows = s.dim(0) * s.dim(1);
            float[] src = sample.normal(s.elements(), 0, 1);
            float[] dDst = sample.normal(s.elements(), 0, 1);
            float[] gate = sample.normal(rows, 0, 1);
            double[] dst = new double[src.length];
            double[] dSrc = new double[src.length];
            double[] dGate = new double[rows];
            for (int i = 0; i < src.length; i++) {
                dst[i] = (double) src[i] * gate[i / pixels(s)];
                dSrc[i] = (double) dDst[i] * gate[i / pixels(s)];
                dGate[i / pixels(s)] += (double) dDst[i] * src[i];
            }
            ChannelGate kernel = new ChannelGate(s.dim(0), s.dim(1), s.dim(2), s.dim(3));
            MemorySegment gates = sample.plain(gate);
            MemorySegment result = sample.blocked(s, src);
            kernel.scale(result, gates, result);
            Sample.assertClose(dst, Sample.readBlocked(s, result), 1e-6, "dst");

            MemorySegment gradient = sample.blocked(s, dDst);
            MemorySegment gateGradient = sample.empty(rows);
            kernel.backwardGate(gradient, sample.blocked(s, src), gateGradient);
            Sample.assertClose(dGate, Sample.read(gateGradient), 1e-6, "dGate alone");
            kernel.scale(gradient, gates, gradient);
            Sample.assertClose(dSrc, Sample.readBlocked(s, gradient), 1e-6, "dSrc");
        }
    }

    /** Every third gate is 0 or next to it, others are 1 or less. */
    @ParameterizedTest
    @MethodSource("shapes")
    void aGatesGradientFollowsFromTheScaledImageWhereTheGateIsNotZero(Shape s) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 53);
            int rows = s.dim(0) * s.dim(1);
            float[] src = sample.normal(s.elements(), 0, 1);
            float[] dDst = sample.normal(s.elements(), 0, 1);
            float[] gate = new float[rows];
            for (int r = 0; r < rows; r++) {
                gate[r] = r % 3 == 0 ? r % 2 * 1e-40f : (float) Math.pow(1e-20, (double) r / rows);
            }
            double[] dGate = new double[rows];
            for (int i = 0; i < src.length; i++) {
                dGate[i / pixels(s)] += i / pixels(s) % 3 == 0 ? 0 : (double) dDst[i] * src[i];
            }
            ChannelGate kernel = new ChannelGate(s.dim(0), s.dim(1), s.dim(2), s.dim(3));
            MemorySegment gates = sample.plain(gate);
            MemorySegment scaled = sample.blocked(s, src);
            kernel.scale(scaled, gates, scaled);
            MemorySegment gateGradient = sample.empty(rows);
            kernel.backwardGate(sample.blocked(s, dDst), scaled, gates, gateGradient);
            Sample.assertClose(dGate, Sample.read(gateGradient), 1e-6, "dGate");
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void globalPoolsAverageAndSum(Shape s) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 52);
            int rows = s.dim(0) * s.dim(1);
            float[] src = sample.normal(s.elements(), 1, 1);
            float[] dDst = sample.normal(rows, 0, 1);
            double[] mean = new double[rows];
            double[] sum = new double[s.dim(1)];
            double[] dSrc = new double[src.length];
            for (int i = 0; i < src.length; i++) {
                mean[i / pixels(s)] += (double) src[i] / pixels(s);
                sum[i / pixels(s) % s.dim(1)] += src[i];
                dSrc[i] = (double) dDst[i / pixels(s)] / pixels(s);
            }
            GlobalPool kernel = new GlobalPool(s.dim(0), s.dim(1), s.dim(2), s.dim(3));
            MemorySegment means = sample.empty(rows);
            kernel.average(sample.blocked(s, src), means);
            Sample.assertClose(mean, Sample.read(means), 1e-6, "mean");
            MemorySegment sums = sample.empty(s.dim(1));
            kernel.sum(sample.blocked(s, src), sums);
            Sample.assertClose(sum, Sample.read(sums), 1e-6, "sum");
            MemorySegment gradient = sample.emptyBlocked(s);
            kernel.averageBackward(sample.plain(dDst), gradient);
            Sample.assertClose(dSrc, Sample.readBlocked(s, gradient), 1e-6, "dSrc");
        }
    }

    record Window(Shape src, int kernel, ConvGeometry geometry) {
        Shape dst() {
            return Shape.of(
                    src.dim(0),
                    src.dim(1),
                    geometry.outputSize(src.dim(2), kernel),
                    geometry.outputSize(src.dim(3), kernel));
        }

        /** Plain positions of the source pixels under output {@code o}, first to last. */
        int[] under(int o) {
            int h = src.dim(2);
            int w = src.dim(3);
            int oh = dst().dim(2);
            int ow = dst().dim(3);
            List<Integer> at = new ArrayList<>();
            for (int t = 0; t < kernel * kernel; t++) {
                int y = o / ow % oh * geometry.stride() - geometry.padding() + t / kernel * geometry.dilation();
                int x = o % ow * geometry.stride() - geometry.padding() + t % kernel * geometry.dilation();
                if (y >= 0 && y < h && x >= 0 && x < w) {
                    at.add((o / (oh * ow) * h + y) * w + x);
                }
            }
            return at.stream().mapToInt(Integer::intValue).toArray();
        }
    }

    static Stream<Window> windows() {
        return shapes().filter(s -> s.dim(2) > 1)
                .flatMap(s -> Stream.of(
                        new Window(s, 2, new ConvGeometry(2, 0, 1, 1)),
                        new Window(s, 3, new ConvGeometry(2, 1, 1, 1)),
                        new Window(s, 3, new ConvGeometry(1, 1, 1, 1)),
                        new Window(s, 2, new ConvGeometry(1, 1, 2, 1))));
    }

    @ParameterizedTest
    @MethodSource("windows")
    void averageWindowsCountPaddingAsZero(Window window) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 53);
            Shape s = window.src;
            float[] src = sample.normal(s.elements(), 1, 1);
            float[] dDst = sample.normal(window.dst().elements(), 0, 1);
            double[] dst = new double[dDst.length];
            double[] dSrc = new double[src.length];
            for (int o = 0; o < dst.length; o++) {
                for (int i : window.under(o)) {
                    dst[o] += (double) src[i] / (window.kernel * window.kernel);
                    dSrc[i] += (double) dDst[o] / (window.kernel * window.kernel);
                }
            }
            WindowPool kernel = new WindowPool(s.dim(0), s.dim(1), s.dim(2), s.dim(3), window.kernel, window.geometry);
            MemorySegment result = sample.emptyBlocked(window.dst());
            kernel.average(sample.blocked(s, src), result);
            Sample.assertClose(dst, Sample.readBlocked(window.dst(), result), 1e-6, "dst");
            MemorySegment gradient = sample.emptyBlocked(s);
            kernel.averageBackward(sample.blocked(window.dst(), dDst), gradient);
            Sample.assertClose(dSrc, Sample.readBlocked(s, gradient), 1e-6, "dSrc");
        }
    }

    @ParameterizedTest
    @MethodSource("windows")
    void maximumWindowsSendTheGradientToTheFirstLargest(Window window) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 54);
            Shape s = window.src;
            float[] src = sample.normal(s.elements(), -1, 1);
            for (int i = 0; i < src.length; i++) {
                src[i] = Math.round(src[i] * 2); // so that windows have ties
            }
            float[] dDst = sample.normal(window.dst().elements(), 0, 1);
            double[] dst = new double[dDst.length];
            double[] dSrc = new double[src.length];
            for (int o = 0; o < dst.length; o++) {
                int[] under = window.under(o);
                double max = Arrays.stream(under).mapToDouble(i -> src[i]).max().orElseThrow();
                dst[o] = max;
                dSrc[Arrays.stream(under).filter(i -> src[i] == max).findFirst().orElseThrow()] += dDst[o];
            }
            WindowPool kernel = new WindowPool(s.dim(0), s.dim(1), s.dim(2), s.dim(3), window.kernel, window.geometry);
            MemorySegment result = sample.emptyBlocked(window.dst());
            kernel.max(sample.blocked(s, src), result);
            Sample.assertClose(dst, Sample.readBlocked(window.dst(), result), 0, "dst");
            MemorySegment gradient = sample.emptyBlocked(s);
            kernel.maxBackward(sample.blocked(window.dst(), dDst), sample.blocked(s, src), gradient);
            Sample.assertClose(dSrc, Sample.readBlocked(s, gradient), 1e-6, "dSrc");
        }
    }
}
