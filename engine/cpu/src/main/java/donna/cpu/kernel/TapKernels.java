package donna.cpu.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Makes the inner loops of depthwise passes: a method for each {@link TileShape}, in which every output, weight and sum stays
 * in a register, each source pixel is loaded once for all taps that meet in it, and pixels outside the row cost nothing.
 */
final class TapKernels {
    /** Sums that are added to in turn: fewer would wait for each other. */
    private static final int CHAINS = 8;

    /** The same of products, if there are registers for them. */
    private static final int PRODUCT_CHAINS = Lanes.L < 16 ? 1 : 12;

    private static final Map<TileShape, TapProduct> PRODUCTS = new ConcurrentHashMap<>();
    private static final Map<TileShape, TapSum> SUMS = new ConcurrentHashMap<>();

    private TapKernels() {}

    /** Thread-safe; one for each shape in the process. */
    static TapProduct product(TileShape shape) {
        return PRODUCTS.computeIfAbsent(shape, s -> VectorCode.make(TapProduct.class, code -> writeProduct(code, s)));
    }

    /** Thread-safe; one for each shape in the process. */
    static TapSum sum(TileShape shape) {
        return SUMS.computeIfAbsent(shape, s -> VectorCode.make(TapSum.class, code -> writeSum(code, s)));
    }

    private static void writeProduct(VectorCode code, TileShape shape) {
        int src = code.argument(0);
        int s = code.argument(1);
        int srcStep = code.argument(2);
        int tapStep = code.argument(3);
        int weight = code.argument(4);
        int w = code.argument(5);
        int wEnd = code.argument(6);
        int dst = code.argument(7);
        int d = code.argument(8);
        int dStep = code.argument(9);
        int dEnd = code.argument(10);
        int p = code.place();
        int q = code.place();
        code.within(src, s);
        code.within(weight, w, wEnd);
        code.within(dst, d, dEnd);
        int[][] outputs = chains(code, PRODUCT_CHAINS, shape.outputs());
        int[] weights = code.vectors(shape.taps());
        int pixel = code.vector();
        code.until(d, dEnd, () -> {
            zero(code, outputs, 0);
            code.copy(s, p);
            code.copy(w, q);
            code.until(q, wEnd, () -> {
                for (int t = 0; t < weights.length; t++) {
                    code.load(q, t, weights[t]);
                }
                for (Reads r : reads(shape)) {
                    code.load(p, r.pixel, pixel);
                    r.uses.forEach(u -> code.fma(pixel, weights[u.tap], outputs[u.tap % outputs.length][u.output]));
                }
                code.advanceBy(q, (long) weights.length * Lanes.BYTES);
                code.advance(p, tapStep);
            });
            addUp(code, outputs);
            for (int i = 0; i < shape.outputs(); i++) {
                code.store(outputs[0][i], d, i * shape.dstStep());
            }
            code.advance(s, srcStep);
            code.advance(d, dStep);
        });
    }

    private static void writeSum(VectorCode code, TileShape shape) {
        int src = code.argument(0);
        int s = code.argument(1);
        int srcStep = code.argument(2);
        int dDst = code.argument(3);
        int g = code.argument(4);
        int gStep = code.argument(5);
        int gEnd = code.argument(6);
        int sum = code.argument(7);
        int a = code.argument(8);
        code.within(src, s);
        code.within(dDst, g, gEnd);
        code.within(sum, a);
        int[][] sums = chains(code, CHAINS, shape.taps());
        int[] gradients = code.vectors(shape.outputs());
        int pixel = code.vector();
        for (int t = 0; t < shape.taps(); t++) {
            code.load(a, t, sums[0][t]);
        }
        zero(code, sums, 1);
        code.until(g, gEnd, () -> {
            int loaded = 0;
            for (Reads r : reads(shape)) {
                code.load(s, r.pixel, pixel);
                for (Use u : r.uses) {
                    for (; loaded <= u.output; loaded++) {
                        code.load(g, loaded, gradients[loaded]);
                    }
                    code.fma(pixel, gradients[u.output], sums[u.output % sums.length][u.tap]);
                }
            }
            code.advance(s, srcStep);
            code.advance(g, gStep);
        });
        addUp(code, sums);
        for (int t = 0; t < shape.taps(); t++) {
            code.store(sums[0][t], a, t);
        }
    }

    /** As many variables for each of {@code count} sums as make {@code wanted} in all. */
    private static int[][] chains(VectorCode code, int wanted, int count) {
        return IntStream.range(0, (wanted + count - 1) / count).mapToObj(i -> code.vectors(count)).toArray(int[][]::new);
    }

    /** Zeroes the chains from {@code first} on. */
    private static void zero(VectorCode code, int[][] chains, int first) {
        Arrays.stream(chains).skip(first).flatMapToInt(Arrays::stream).forEach(code::zero);
    }

    /** Leaves the sums in the first chain. */
    private static void addUp(VectorCode code, int[][] chains) {
        for (int c = 1; c < chains.length; c++) {
            for (int i = 0; i < chains[c].length; i++) {
                code.add(chains[c][i], chains[0][i]);
            }
        }
    }

    /** A tap of an output. */
    private record Use(int output, int tap) {}

    /** A source pixel and all that reads it. */
    private record Reads(int pixel, List<Use> uses) {}

    /** In the order of the pixels. */
    private static List<Reads> reads(TileShape shape) {
        List<Reads> all = new ArrayList<>();
        for (int x = shape.low(); x < shape.high(); x++) {
            List<Use> uses = new ArrayList<>();
            for (int o = 0; o < shape.outputs(); o++) {
                for (int t = 0; t < shape.taps(); t++) {
                    if (shape.pixel(o, t) == x) {
                        uses.add(new Use(o, t));
                    }
                }
            }
            if (!uses.isEmpty()) {
                all.add(new Reads(x, uses));
            }
        }
        return all;
    }
}
