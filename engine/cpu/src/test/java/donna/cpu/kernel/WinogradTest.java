package donna.cpu.kernel;

import donna.tensor.Activation;
import donna.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WinogradTest {
    private static final double TOLERANCE = 3e-6;
    private static final int TAPS = 9;

    /** A dense 3x3 convolution: source shape, output channels, padding. */
    record Conv(Shape src, int out, int padding) {
        int in() {
            return src.dim(1);
        }

        int images() {
            return src.dim(0);
        }

        Shape dst() {
            int less = 2 - 2 * padding;
            return Shape.of(images(), out, src.dim(2) - less, src.dim(3) - less);
        }

        int weights() {
            return out * in() * TAPS;
        }

        WinogradConvolution forward() {
            return WinogradConvolution.forward(images(), in(), out, src.dim(2), src.dim(3), padding, true, Activation.NONE, true);
        }

        WinogradConvolution backwardData() {
            return WinogradConvolution.backwardData(images(), in(), out, src.dim(2), src.dim(3), padding);
        }
    }

    /** Whole and cut tiles, one and several groups of images, incomplete blocks, an odd number of blocks. */
    static Stream<Conv> convolutions() {
        Stream<Conv> sizes = Sample.shapes().filter(s -> s.dim(2) > 2).flatMap(s -> IntStream.of(1, 16, 40).mapToObj(out -> new Conv(s, out, 1)));
        Stream<Conv> others = Stream.of(
                new Conv(Shape.of(2, 20, 8, 8), 33, 0),
                new Conv(Shape.of(2, 20, 7, 9), 33, 0),
                new Conv(Shape.of(2, 20, 7, 8), 33, 2),
                new Conv(Shape.of(1, 20, 1, 1), 17, 1),
                new Conv(Shape.of(1, 20, 1, 2), 17, 2),
                new Conv(Shape.of(6, 80, 14, 14), 32, 1));
        return Stream.concat(sizes, others);
    }

    private interface Product {
        void visit(int src, int weight, int dst);
    }

    /** Calls {@code product} for every product of the convolution, with positions in plain tensors. */
    private static void products(Conv conv, Product product) {
        int h = conv.src.dim(2);
        int w = conv.src.dim(3);
        int outW = conv.dst().dim(3);
        int pixels = conv.dst().dim(2) * outW;
        for (int plane = 0; plane < conv.images() * conv.out; plane++) {
            for (int c = 0; c < conv.in(); c++) {
                int from = (plane / conv.out * conv.in() + c) * h * w;
                int weight = (plane % conv.out * conv.in() + c) * TAPS;
                for (int i = 0; i < pixels * TAPS; i++) {
                    int tap = i % TAPS;
                    int y = i / TAPS / outW + tap / 3 - conv.padding;
                    int x = i / TAPS % outW + tap % 3 - conv.padding;
                    if (y >= 0 && y < h && x >= 0 && x < w) {
                        product.visit(from + y * w + x, weight + tap, plane * pixels + i / TAPS);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void forwardIsTheSumOfTheProductsAndTheBias(Conv conv) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 41);
            float[] src = sample.normal(conv.src.elements(), 0, 1);
            float[] weight = sample.normal(conv.weights(), 0, 1);
            float[] bias = sample.normal(conv.out, 0, 1);
            double[] expected = new double[Math.toIntExact(conv.dst().elements())];
            int pixels = conv.dst().dim(2) * conv.dst().dim(3);
            Arrays.setAll(expected, d -> bias[d / pixels % conv.out]);
            products(conv, (s, w, d) -> expected[d] += (double) src[s] * weight[w]);

            WinogradConvolution kernel = conv.forward();
            MemorySegment points = sample.scratch(kernel.weightBytes());
            kernel.begin(sample.blocked(Shape.of(1, conv.out, conv.in(), TAPS), weight), points);
            MemorySegment dst = sample.emptyBlocked(conv.dst());
            kernel.run(sample.blocked(conv.src, src), points, sample.plain(bias), dst, sample.scratch(kernel.scratchBytes()));
            Sample.assertClose(expected, Sample.readBlocked(conv.dst(), dst), TOLERANCE, "dst");
            assertMoments(expected, conv, pixels, kernel.moments().orElseThrow());
        }
    }

    private static void assertMoments(double[] dst, Conv conv, int pixels, ChannelMoments actual) {
        long count = (long) conv.images() * pixels;
        double[] mean = new double[conv.out];
        double[] variance = new double[conv.out];
        IntStream.range(0, dst.length).forEach(i -> mean[i / pixels % conv.out] += dst[i] / count);
        IntStream.range(0, dst.length).forEach(i -> variance[i / pixels % conv.out] += Math.pow(dst[i] - mean[i / pixels % conv.out], 2) / count);
        for (int c = 0; c < conv.out; c++) {
            double deviation = Math.max(Math.sqrt(variance[c]), Math.abs(mean[c]));
            Sample.assertClose(1, (float) (1 + (actual.mean(c, count) - mean[c]) / deviation), TOLERANCE, "mean " + c);
            Sample.assertClose(deviation * deviation, (float) (actual.variance(c, count) - variance[c] + deviation * deviation), 1e-5, "variance " + c);
        }
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void backwardDataSumsOverTheOutputsThatReadAPixel(Conv conv) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 42);
            float[] dDst = sample.normal(conv.dst().elements(), 0, 1);
            float[] weight = sample.normal(conv.weights(), 0, 1);
            double[] expected = new double[Math.toIntExact(conv.src.elements())];
            products(conv, (s, w, d) -> expected[s] += (double) dDst[d] * weight[w]);

            WinogradConvolution kernel = conv.backwardData();
            MemorySegment points = sample.scratch(kernel.weightBytes());
            kernel.begin(sample.blocked(Shape.of(conv.out, conv.in(), 3, 3), weight), points);
            MemorySegment dSrc = sample.emptyBlocked(conv.src);
            kernel.run(sample.blocked(conv.dst(), dDst), points, MemorySegment.NULL, dSrc, sample.scratch(kernel.scratchBytes()));
            Sample.assertClose(expected, Sample.readBlocked(conv.src, dSrc), TOLERANCE, "dSrc");
        }
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void backwardWeightSumsOverPixelsAndImages(Conv conv) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 43);
            float[] src = sample.normal(conv.src.elements(), 0, 1);
            float[] dDst = sample.normal(conv.dst().elements(), 0, 1);
            double[] expected = new double[conv.weights()];
            products(conv, (s, w, d) -> expected[w] += (double) src[s] * dDst[d]);

            WinogradBackwardWeight kernel =
                    new WinogradBackwardWeight(conv.images(), conv.in(), conv.out, conv.src.dim(2), conv.src.dim(3), conv.padding);
            Shape taps = Shape.of(1, conv.out, conv.in(), TAPS);
            MemorySegment dWeight = sample.emptyBlocked(taps);
            kernel.run(sample.blocked(conv.src, src), sample.blocked(conv.dst(), dDst), dWeight, sample.scratch(kernel.scratchBytes()));
            Sample.assertClose(expected, Sample.readBlocked(taps, dWeight), TOLERANCE, "dWeight");
        }
    }
}
