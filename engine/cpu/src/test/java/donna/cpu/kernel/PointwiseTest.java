package donna.cpu.kernel;

import donna.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PointwiseTest {
    /** A 1x1 convolution: source shape and output channels. */
    record Conv(Shape src, int out) {
        int in() {
            return src.dim(1);
        }

        int pixels() {
            return src.dim(2) * src.dim(3);
        }

        int blocks() {
            return Lanes.blocks(out);
        }

        Shape dst() {
            return src.with(1, out);
        }
    }

    static Stream<Conv> convolutions() {
        return Sample.shapes().flatMap(s -> Stream.of(1, 16, 40, 49).map(out -> new Conv(s, out)));
    }

    private interface Product {
        void visit(int src, int weight, int dst);
    }

    /** Calls {@code product} for every product of the convolution, with positions in plain tensors. */
    private static void products(Conv conv, Product product) {
        for (int n = 0; n < conv.src.dim(0); n++) {
            for (int o = 0; o < conv.out; o++) {
                for (int i = 0; i < conv.in(); i++) {
                    for (int p = 0; p < conv.pixels(); p++) {
                        product.visit((n * conv.in() + i) * conv.pixels() + p, o * conv.in() + i, (n * conv.out + o) * conv.pixels() + p);
                    }
                }
            }
        }
    }

    private interface Planes {
        void visit(int image, int block, int count);
    }

    /** The output planes of all images as a caller asks for them. */
    private static void planes(Conv conv, Planes planes) {
        for (int n = 0; n < conv.src.dim(0); n++) {
            for (int b = 0; b < conv.blocks(); b += PointwisePass.PLANES) {
                planes.visit(n, b, Math.min(PointwisePass.PLANES, conv.blocks() - b));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void forwardIsTheSumOverTheSourcesChannels(Conv conv) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 21);
            float[] src = sample.normal(conv.src.elements(), 0, 1);
            float[] weight = sample.normal((long) conv.out * conv.in(), 0, 1);
            double[] expected = new double[Math.toIntExact(conv.dst().elements())];
            products(conv, (s, w, d) -> expected[d] += (double) src[s] * weight[w]);

            PointwisePass pass = PointwisePass.of(conv.in(), conv.out, conv.pixels());
            MemorySegment packed = sample.scratch(pass.weightBytes());
            pass.begin(sample.plain(weight), packed);
            MemorySegment blocked = sample.blocked(conv.src, src);
            MemorySegment dst = sample.emptyBlocked(conv.dst());
            planes(conv, (n, b, count) -> pass.planes(n, b, count, blocked, packed, dst, n * conv.blocks() + b));
            Sample.assertClose(expected, Sample.readBlocked(conv.dst(), dst), 2e-6, "dst");
        }
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void addingIsThatSumAndAShiftOnTopOfWhatIsThere(Conv conv) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 22);
            float[] src = sample.normal(conv.src.elements(), 0, 1);
            float[] weight = sample.normal((long) conv.out * conv.in(), 0, 1);
            float[] shift = sample.normal(conv.out, 3, 1);
            float[] before = sample.normal(conv.dst().elements(), 0, 5);
            double[] expected = new double[before.length];
            for (int d = 0; d < expected.length; d++) {
                expected[d] = (double) before[d] + shift[d / conv.pixels() % conv.out];
            }
            products(conv, (s, w, d) -> expected[d] += (double) src[s] * weight[w]);

            PointwisePass pass = PointwisePass.adding(conv.in(), conv.out, conv.pixels());
            MemorySegment packed = sample.scratch(pass.weightBytes());
            pass.begin(sample.plain(weight), sample.plain(shift), packed);
            MemorySegment blocked = sample.blocked(conv.src, src);
            MemorySegment dst = sample.blocked(conv.dst(), before);
            planes(conv, (n, b, count) -> pass.planes(n, b, count, blocked, packed, dst, n * conv.blocks() + b));
            Sample.assertClose(expected, Sample.readBlocked(conv.dst(), dst), 2e-6, "dst");
        }
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void backwardWeightSumsOverPixelsAndImages(Conv conv) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 23);
            float[] src = sample.normal(conv.src.elements(), 0, 1);
            float[] dDst = sample.normal(conv.dst().elements(), 0, 1);
            double[] expected = new double[conv.out * conv.in()];
            products(conv, (s, w, d) -> expected[w] += (double) src[s] * dDst[d]);

            PointwiseBackwardWeight kernel = new PointwiseBackwardWeight(conv.in(), conv.out, conv.pixels());
            MemorySegment sums = sample.scratch(kernel.sumBytes());
            MemorySegment blocked = sample.blocked(conv.src, src);
            MemorySegment gradient = sample.blocked(conv.dst(), dDst);
            MemorySegment dWeight = sample.empty(expected.length);
            long image = blocked.byteSize() / conv.src.dim(0);
            kernel.begin(sums);
            planes(conv, (n, b, count) -> kernel.planes(b, count, blocked.asSlice(n * image, image), gradient, n * conv.blocks() + b, sums));
            kernel.end(sums, dWeight, 0);
            Sample.assertClose(expected, Sample.read(dWeight), 2e-6, "dWeight");
        }
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void aLargeMeanCostsTheProductsOfChannelsNoDigits(Conv conv) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 24);
            int c = conv.in();
            int pixels = conv.pixels();
            float[] src = sample.normal(conv.src.elements(), 100, 1);
            double count = (double) conv.src.dim(0) * pixels;
            double[] expected = new double[(1 + c) * c];
            for (int i = 0; i < src.length; i++) {
                expected[i / pixels % c] += src[i] / count;
            }
            for (int n = 0; n < conv.src.dim(0); n++) {
                for (int i = 0; i < c * c; i++) {
                    for (int p = 0; p < pixels; p++) {
                        expected[c + i] += (src[(n * c + i / c) * pixels + p] - expected[i / c]) * (src[(n * c + i % c) * pixels + p] - expected[i % c]);
                    }
                }
            }
            SourceMoments kernel = new SourceMoments(conv.src.dim(0), c, conv.src.dim(2), conv.src.dim(3));
            MemorySegment result = sample.empty(expected.length);
            kernel.run(sample.blocked(conv.src, src), result, sample.scratch(kernel.imageBytes()), sample.scratch(kernel.sumBytes()));
            float[] actual = Sample.read(result);
            Sample.assertClose(Arrays.copyOf(expected, c), Arrays.copyOf(actual, c), 1e-7, "mean");
            Sample.assertClose(Arrays.copyOfRange(expected, c, expected.length), Arrays.copyOfRange(actual, c, actual.length), 1e-5, "products");
        }
    }
}
