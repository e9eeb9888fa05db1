package donna.backend.reference;

import donna.graph.Node;
import donna.graph.Op;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.util.Arrays;

/** Pooling over windows and over whole planes. */
final class Pooling {
    private Pooling() {}

    static void globalAverage(double[] src, double[] dst) {
        int pixels = src.length / dst.length;
        Arrays.fill(dst, 0);
        for (int i = 0; i < src.length; i++) {
            dst[i / pixels] += src[i] / pixels;
        }
    }

    static void globalAverageBackward(double[] dDst, double[] dSrc) {
        int pixels = dSrc.length / dDst.length;
        for (int i = 0; i < dSrc.length; i++) {
            dSrc[i] = dDst[i / pixels] / pixels;
        }
    }

    static void average(Op.AveragePool o, Node n, double[] src, double[] dst) {
        double area = o.kernel() * o.kernel();
        Arrays.fill(dst, 0);
        walk(o.kernel(), o.geometry(), n.input(0).shape(), n.output(0).shape(), (s, d) -> dst[d] += src[s] / area);
    }

    static void averageBackward(Op.AveragePoolBackward o, Node n, double[] dDst, double[] dSrc) {
        double area = o.kernel() * o.kernel();
        Arrays.fill(dSrc, 0);
        walk(o.kernel(), o.geometry(), o.src(), n.input(0).shape(), (s, d) -> dSrc[s] += dDst[d] / area);
    }

    static void max(Op.MaxPool o, Node n, double[] src, double[] dst) {
        int[] winner = winners(
                o.kernel(), o.geometry(), n.input(0).shape(), n.output(0).shape(), src);
        for (int i = 0; i < dst.length; i++) {
            dst[i] = src[winner[i]];
        }
    }

    static void maxBackward(Op.MaxPoolBackward o, Node n, double[] dDst, double[] src, double[] dSrc) {
        int[] winner =
                winners(o.kernel(), o.geometry(), n.input(1).shape(), n.input(0).shape(), src);
        Arrays.fill(dSrc, 0);
        for (int i = 0; i < dDst.length; i++) {
            dSrc[winner[i]] += dDst[i];
        }
    }

    /** For every element of dst the position of its first largest element of src; a NaN wins over numbers. */
    private static int[] winners(int kernel, ConvGeometry g, Shape src, Shape dst, double[] values) {
        int[] winner = new int[Math.toIntExact(dst.elements())];
        Arrays.fill(winner, -1);
        walk(kernel, g, src, dst, (s, d) -> {
            if (winner[d] < 0 || values[s] > values[winner[d]] || Double.isNaN(values[s])) {
                winner[d] = s;
            }
        });
        return winner;
    }

    private interface Pair {
        void visit(int src, int dst);
    }

    /** Every element of a window that is not padding, in row-major order within the window. */
    private static void walk(int kernel, ConvGeometry g, Shape src, Shape dst, Pair pair) {
        for (int plane = 0; plane < dst.dim(0) * dst.dim(1); plane++) {
            for (int y = 0; y < dst.dim(2); y++) {
                for (int x = 0; x < dst.dim(3); x++) {
                    for (int k = 0; k < kernel * kernel; k++) {
                        int sy = y * g.stride() - g.padding() + k / kernel * g.dilation();
                        int sx = x * g.stride() - g.padding() + k % kernel * g.dilation();
                        if (sy >= 0 && sy < src.dim(2) && sx >= 0 && sx < src.dim(3)) {
                            pair.visit(
                                    (plane * src.dim(2) + sy) * src.dim(3) + sx,
                                    (plane * dst.dim(2) + y) * dst.dim(3) + x);
                        }
                    }
                }
            }
        }
    }
}
