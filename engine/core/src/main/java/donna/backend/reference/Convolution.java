package donna.backend.reference;

import donna.graph.Node;
import donna.graph.Op;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.util.Arrays;

/**
 * Convolution and its two gradients: one walk over (sample, output channel, input channel, tap, output row), three
 * things to do with a row.
 */
final class Convolution {
    private Convolution() {}

    /** A row of dst and the row of src that one tap meets: {@code count} pixels, {@code stride} apart in src. */
    private interface Row {
        void visit(int src, int weight, int dst, int count, int stride);
    }

    static void forward(Op.Conv2d o, Node n, double[][] in, double[] dst) {
        double[] src = in[0];
        double[] weight = in[1];
        Arrays.fill(dst, 0);
        walk(o.geometry(), n.input(0).shape(), n.input(1).shape(), n.output(0).shape(), (s, w, d, count, stride) -> {
            for (int i = 0; i < count; i++) {
                dst[d + i] += weight[w] * src[s + i * stride];
            }
        });
        int channels = n.output(0).shape().dim(1);
        int pixels = n.output(0).shape().dim(2) * n.output(0).shape().dim(3);
        double[] residual = o.residual() ? in[o.bias() ? 3 : 2] : null;
        for (int i = 0; i < dst.length; i++) {
            double bias = o.bias() ? in[2][i / pixels % channels] : 0;
            dst[i] = o.act().apply(dst[i] + bias + (residual == null ? 0 : residual[i]));
        }
    }

    static void backwardData(Op.Conv2dBackwardData o, Node n, double[] dDst, double[] weight, double[] dSrc) {
        Arrays.fill(dSrc, 0);
        walk(o.geometry(), o.src(), n.input(1).shape(), n.input(0).shape(), (s, w, d, count, stride) -> {
            for (int i = 0; i < count; i++) {
                dSrc[s + i * stride] += weight[w] * dDst[d + i];
            }
        });
    }

    static void backwardWeight(Op.Conv2dBackwardWeight o, Node n, double[] src, double[] dDst, double[] dWeight) {
        Arrays.fill(dWeight, 0);
        walk(o.geometry(), n.input(0).shape(), o.weight(), n.input(1).shape(), (s, w, d, count, stride) -> {
            double sum = 0;
            for (int i = 0; i < count; i++) {
                sum += src[s + i * stride] * dDst[d + i];
            }
            dWeight[w] += sum;
        });
    }

    private static void walk(ConvGeometry g, Shape src, Shape weight, Shape dst, Row row) {
        int inGroup = weight.dim(1);
        int outGroup = weight.dim(0) / g.groups();
        for (int n = 0; n < dst.dim(0); n++) {
            for (int o = 0; o < dst.dim(1); o++) {
                for (int i = 0; i < inGroup; i++) {
                    int srcPlane = (n * src.dim(1) + o / outGroup * inGroup + i) * src.dim(2) * src.dim(3);
                    int dstPlane = (n * dst.dim(1) + o) * dst.dim(2) * dst.dim(3);
                    int taps = (o * inGroup + i) * weight.dim(2) * weight.dim(3);
                    for (int ky = 0; ky < weight.dim(2); ky++) {
                        for (int kx = 0; kx < weight.dim(3); kx++) {
                            int first = firstInside(g, kx);
                            int count = lastInside(g, kx, src.dim(3), dst.dim(3)) - first + 1;
                            int lastRow = lastInside(g, ky, src.dim(2), dst.dim(2));
                            for (int y = firstInside(g, ky); y <= lastRow && count > 0; y++) {
                                int sy = y * g.stride() - g.padding() + ky * g.dilation();
                                int sx = first * g.stride() - g.padding() + kx * g.dilation();
                                row.visit(
                                        srcPlane + sy * src.dim(3) + sx,
                                        taps + ky * weight.dim(3) + kx,
                                        dstPlane + y * dst.dim(3) + first,
                                        count,
                                        g.stride());
                            }
                        }
                    }
                }
            }
        }
    }

    /** First output position whose tap {@code k} is not in the padding on the left. */
    private static int firstInside(ConvGeometry g, int k) {
        return Math.max(0, Math.ceilDiv(g.padding() - k * g.dilation(), g.stride()));
    }

    /**
     * Last output position whose tap {@code k} is not in the padding on the right; below the first one if there is
     * none.
     */
    private static int lastInside(ConvGeometry g, int k, int srcSize, int dstSize) {
        return Math.min(dstSize - 1, Math.floorDiv(srcSize - 1 + g.padding() - k * g.dilation(), g.stride()));
    }
}
