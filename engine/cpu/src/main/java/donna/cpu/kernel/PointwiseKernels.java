package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Makes the inner loops of 1x1 convolutions: methods for a number of pixels or source channels and of output planes, in which all
 * their sums stay in registers. A number of the source is loaded once for all output planes, a vector of weights or of gradients
 * once for all pixels or channels.
 */
final class PointwiseKernels {
    /** Output planes that share what is loaded of the source. */
    static final int PLANES = L < 16 ? 2 : 3;

    /**
     * Registers that the sums of a plane take at most, so that what they are made of has its own. With more, a method can be too large for the JVM's first
     * compiler, as {@link TileShape} says, and the more so where sums begin with what is there.
     */
    private static final int MOST = L < 16 ? 6 : 8;

    private static final int MOST_ADDING = 5;

    private static final Map<Shape, PointwiseProduct> PRODUCTS = new ConcurrentHashMap<>();
    private static final Map<Shape, PointwiseSum> SUMS = new ConcurrentHashMap<>();

    private PointwiseKernels() {}

    /**
     * Of a tile.
     *
     * @param count pixels of a product, source channels of a sum
     * @param adding of a product: whether it is added to what is there, and the first vector of weights to all pixels
     */
    private record Shape(int count, int planes, boolean adding) {}

    /** Pixels of a product at most. */
    static int mostPixels(boolean adding) {
        return adding ? MOST_ADDING : MOST;
    }

    /** Source channels of a sum at most. */
    static int mostChannels() {
        return Math.min(MOST, L / 2);
    }

    /** Thread-safe; one for each shape in the process. */
    static PointwiseProduct product(int pixels, int planes, boolean adding) {
        return PRODUCTS.computeIfAbsent(
                new Shape(pixels, planes, adding), s -> VectorCode.make(PointwiseProduct.class, code -> writeProduct(code, s)));
    }

    /** Thread-safe; one for each shape in the process. */
    static PointwiseSum sum(int channels, int planes) {
        return SUMS.computeIfAbsent(
                new Shape(channels, planes, false), s -> VectorCode.make(PointwiseSum.class, code -> writeSum(code, s)));
    }

    /** Variables for the place {@code first} in the first plane and for those {@code step} further in each that follows. */
    private static int[] places(VectorCode code, int first, int step, int planes) {
        int[] all = IntStream.range(0, planes).map(i -> i == 0 ? first : code.place()).toArray();
        for (int i = 1; i < planes; i++) {
            code.sum(all[i - 1], step, all[i]);
        }
        return all;
    }

    private static void writeProduct(VectorCode code, Shape shape) {
        int src = code.argument(0);
        int s = code.argument(1);
        int srcPlane = code.argument(2);
        int weight = code.argument(3);
        int w = code.argument(4);
        int wEnd = code.argument(5);
        int wPlane = code.argument(6);
        int dEnd = code.argument(9);
        code.within(src, s);
        code.within(weight, w, wEnd);
        code.within(code.argument(7), code.argument(8), dEnd);
        int[] d = places(code, code.argument(8), code.argument(10), shape.planes);
        int plane = code.place();
        int p = code.place();
        int[] q = IntStream.range(0, shape.planes).map(i -> code.place()).toArray();
        int blockEnd = code.place();
        int[][] sums = IntStream.range(0, shape.planes).mapToObj(i -> code.vectors(shape.count)).toArray(int[][]::new);
        int[] weights = code.vectors(shape.planes);
        int pixel = code.vector();
        int from = code.place();
        code.until(d[0], dEnd, () -> {
            code.copy(w, q[0]);
            for (int i = 1; i < shape.planes; i++) {
                code.sum(q[i - 1], wPlane, q[i]);
            }
            for (int i = 0; i < shape.planes; i++) {
                if (shape.adding) {
                    code.load(q[i], 0, weights[i]);
                    code.advanceBy(q[i], BYTES);
                }
                for (int t = 0; t < shape.count; t++) {
                    if (shape.adding) {
                        code.load(d[i], t, sums[i][t]);
                        code.add(weights[i], sums[i][t]);
                    } else {
                        code.zero(sums[i][t]);
                    }
                }
            }
            code.copy(s, plane);
            code.until(q[0], wEnd, () -> {
                code.copy(plane, p);
                code.behind(q[0], (long) L * BYTES, wEnd, blockEnd);
                code.until(q[0], blockEnd, () -> {
                    for (int i = 0; i < shape.planes; i++) {
                        code.load(q[i], 0, weights[i]);
                        code.advanceBy(q[i], BYTES);
                    }
                    code.address(p, from);
                    for (int t = 0; t < shape.count; t++) {
                        code.broadcast(from, (long) t * BYTES, pixel);
                        for (int i = 0; i < shape.planes; i++) {
                            code.fma(pixel, weights[i], sums[i][t]);
                        }
                    }
                    code.advanceBy(p, Float.BYTES);
                });
                code.advance(plane, srcPlane);
            });
            for (int i = 0; i < shape.planes; i++) {
                for (int t = 0; t < shape.count; t++) {
                    code.store(sums[i][t], d[i], t);
                }
                code.advanceBy(d[i], (long) shape.count * BYTES);
            }
            code.advanceBy(s, (long) shape.count * BYTES);
        });
    }

    private static void writeSum(VectorCode code, Shape shape) {
        int src = code.argument(0);
        int s = code.argument(1);
        int sEnd = code.argument(2);
        code.within(src, s, sEnd);
        code.within(code.argument(3), code.argument(4));
        code.within(code.argument(6), code.argument(7));
        int[] g = places(code, code.argument(4), code.argument(5), shape.planes);
        int[] a = places(code, code.argument(7), code.argument(8), shape.planes);
        int[][] sums = IntStream.range(0, shape.planes).mapToObj(i -> code.vectors(shape.count)).toArray(int[][]::new);
        int[] gradients = code.vectors(shape.planes);
        int number = code.vector();
        int from = code.place();
        for (int[] plane : sums) {
            for (int v : plane) {
                code.zero(v);
            }
        }
        code.until(s, sEnd, () -> {
            for (int i = 0; i < shape.planes; i++) {
                code.load(g[i], 0, gradients[i]);
                code.advanceBy(g[i], BYTES);
            }
            code.address(s, from);
            for (int t = 0; t < shape.count; t++) {
                code.broadcast(from, (long) t * Float.BYTES, number);
                for (int i = 0; i < shape.planes; i++) {
                    code.fma(number, gradients[i], sums[i][t]);
                }
            }
            code.advanceBy(s, BYTES);
        });
        for (int i = 0; i < shape.planes; i++) {
            for (int t = 0; t < shape.count; t++) {
                code.store(sums[i][t], a[i], t);
            }
        }
    }
}
