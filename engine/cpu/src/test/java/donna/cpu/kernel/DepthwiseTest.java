package donna.cpu.kernel;

import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DepthwiseTest {
    /** A convolution: source shape, kernel, stride, padding, dilation. */
    record Conv(Shape src, int kernel, int stride, int padding, int dilation) {
        ConvGeometry geometry() {
            return new ConvGeometry(stride, padding, dilation, src.dim(1));
        }

        Shape dst() {
            ConvGeometry g = geometry();
            return Shape.of(src.dim(0), src.dim(1), g.outputSize(src.dim(2), kernel), g.outputSize(src.dim(3), kernel));
        }
    }

    static Stream<Conv> convolutions() {
        List<Conv> all = new ArrayList<>();
        Sample.shapes().filter(s -> s.dim(2) > 1).forEach(s -> {
            for (int k : new int[] {3, 5, 7}) {
                all.add(new Conv(s, k, 1, k / 2, 1));
                all.add(new Conv(s, k, 2, k / 2, 1));
            }
        });
        for (int k : new int[] {3, 5, 7}) {
            all.add(new Conv(Shape.of(2, 20, 16, 16), k, 2, k / 2, 1));
            all.add(new Conv(Shape.of(3, 20, 14, 28), k, 2, k / 2, 1));
            all.add(new Conv(Shape.of(1, 36, 9, 19), k, 2, k / 2, 1));
            all.add(new Conv(Shape.of(1, 16, 17, 32), k, 2, 0, 1));
        }
        Shape s = Shape.of(2, 20, 11, 13);
        all.add(new Conv(s, 3, 1, 0, 1));
        all.add(new Conv(s, 3, 2, 0, 1));
        all.add(new Conv(s, 4, 1, 1, 1));
        all.add(new Conv(s, 3, 1, 2, 2));
        all.add(new Conv(s, 3, 2, 2, 2));
        all.add(new Conv(s, 3, 3, 1, 1));
        all.add(new Conv(s, 9, 1, 4, 1));
        all.add(new Conv(s, 1, 1, 0, 1));
        all.add(new Conv(s, 1, 2, 0, 1));
        all.add(new Conv(s, 3, 1, 4, 1));
        all.add(new Conv(Shape.of(1, 3, 150, 160), 5, 1, 2, 1));
        all.add(new Conv(Shape.of(1, 3, 150, 161), 5, 2, 2, 1));
        all.add(new Conv(Shape.of(1, 3, 150, 161), 7, 1, 3, 1));
        return all.stream();
    }

    private interface Tap {
        void visit(int src, int weight, int dst);
    }

    /** Calls {@code tap} for every product of the convolution, with positions in plain tensors. */
    private static void products(Conv conv, Tap tap) {
        int h = conv.src.dim(2);
        int w = conv.src.dim(3);
        int oh = conv.dst().dim(2);
        int ow = conv.dst().dim(3);
        int k = conv.kernel;
        for (int p = 0; p < conv.src.dim(0) * conv.src.dim(1); p++) {
            for (int o = 0; o < oh * ow; o++) {
                for (int t = 0; t < k * k; t++) {
                    int y = o / ow * conv.stride - conv.padding + t / k * conv.dilation;
                    int x = o % ow * conv.stride - conv.padding + t % k * conv.dilation;
                    if (y >= 0 && y < h && x >= 0 && x < w) {
                        tap.visit((p * h + y) * w + x, p % conv.src.dim(1) * k * k + t, p * oh * ow + o);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void forwardIsTheSumOverTheTaps(Conv conv) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 11);
            float[] src = sample.normal(conv.src.elements(), 0, 1);
            float[] weight = sample.normal((long) conv.src.dim(1) * conv.kernel * conv.kernel, 0, 1);
            double[] expected = new double[Math.toIntExact(conv.dst().elements())];
            products(conv, (s, w, d) -> expected[d] += (double) src[s] * weight[w]);

            DepthwisePass kernel =
                    DepthwisePass.forward(conv.src.dim(1), conv.src.dim(2), conv.src.dim(3), conv.kernel, conv.geometry());
            MemorySegment dst = sample.emptyBlocked(conv.dst());
            MemorySegment scratch = sample.scratch(kernel.scratchBytes());
            kernel.run(conv.src.dim(0), sample.blocked(conv.src, src), sample.plain(weight), dst, scratch);
            Sample.assertClose(expected, Sample.readBlocked(conv.dst(), dst), 2e-6, "dst");
        }
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void backwardDataIsTheTransposedSum(Conv conv) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 12);
            float[] dDst = sample.normal(conv.dst().elements(), 0, 1);
            float[] weight = sample.normal((long) conv.src.dim(1) * conv.kernel * conv.kernel, 0, 1);
            double[] expected = new double[Math.toIntExact(conv.src.elements())];
            products(conv, (s, w, d) -> expected[s] += (double) dDst[d] * weight[w]);

            DepthwisePass kernel =
                    DepthwisePass.backwardData(conv.src.dim(1), conv.src.dim(2), conv.src.dim(3), conv.kernel, conv.geometry());
            MemorySegment dSrc = sample.emptyBlocked(conv.src);
            MemorySegment scratch = sample.scratch(kernel.scratchBytes());
            kernel.run(conv.src.dim(0), sample.blocked(conv.dst(), dDst), sample.plain(weight), dSrc, scratch);
            Sample.assertClose(expected, Sample.readBlocked(conv.src, dSrc), 2e-6, "dSrc");
        }
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void backwardWeightSumsOverPixelsAndImages(Conv conv) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 13);
            float[] src = sample.normal(conv.src.elements(), 0, 1);
            float[] dDst = sample.normal(conv.dst().elements(), 0, 1);
            double[] expected = new double[conv.src.dim(1) * conv.kernel * conv.kernel];
            products(conv, (s, w, d) -> expected[w] += (double) src[s] * dDst[d]);

            DepthwiseBackwardWeight kernel = new DepthwiseBackwardWeight(
                    conv.src.dim(0), conv.src.dim(1), conv.src.dim(2), conv.src.dim(3), conv.kernel, conv.geometry());
            MemorySegment dWeight = sample.empty(expected.length);
            MemorySegment scratch = sample.scratch(kernel.scratchBytes());
            kernel.run(sample.blocked(conv.src, src), sample.blocked(conv.dst(), dDst), dWeight, scratch);
            Sample.assertClose(expected, Sample.read(dWeight), 2e-6, "dWeight");
        }
    }
}
