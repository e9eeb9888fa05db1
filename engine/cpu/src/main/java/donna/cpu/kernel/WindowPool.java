package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import donna.tensor.ConvGeometry;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Average and maximum over windows of blocked tensors {@code [N, C, H, W]}, and their gradients. */
public final class WindowPool {
    private final int planes;
    private final int width;
    private final int srcPixels;
    private final int area;
    private final int dilation;
    private final Axis y;
    private final Axis x;

    /** {@code h} and {@code w} are the source's. */
    public WindowPool(int n, int c, int h, int w, int kernel, ConvGeometry geometry) {
        planes = n * Lanes.blocks(c);
        width = w;
        srcPixels = h * w;
        area = kernel * kernel;
        dilation = geometry.dilation();
        y = Axis.forward(h, kernel, geometry);
        x = Axis.forward(w, kernel, geometry);
    }

    /** Padding counts as zeros. */
    public void average(MemorySegment src, MemorySegment dst) {
        for (int p = 0; p < planes; p++) {
            for (int o = 0; o < y.out * x.out; o++) {
                sumWindow(src, p, o, dst, destination(p, o));
            }
        }
    }

    public void averageBackward(MemorySegment dDst, MemorySegment dSrc) {
        Lanes.clear(dSrc, 0, (long) planes * srcPixels);
        for (int p = 0; p < planes; p++) {
            for (int o = 0; o < y.out * x.out; o++) {
                spreadWindow(dDst, destination(p, o), dSrc, p, o);
            }
        }
    }

    /** Padding never wins. */
    public void max(MemorySegment src, MemorySegment dst) {
        for (int p = 0; p < planes; p++) {
            for (int o = 0; o < y.out * x.out; o++) {
                maxWindow(src, p, o, dst, destination(p, o));
            }
        }
    }

    /** The first largest element of a window takes its gradient. */
    public void maxBackward(MemorySegment dDst, MemorySegment src, MemorySegment dSrc) {
        Lanes.clear(dSrc, 0, (long) planes * srcPixels);
        for (int p = 0; p < planes; p++) {
            for (int o = 0; o < y.out * x.out; o++) {
                routeWindow(dDst, destination(p, o), src, dSrc, p, o);
            }
        }
    }

    private long destination(int plane, int o) {
        return ((long) plane * y.out * x.out + o) * BYTES;
    }

    /**
     * Where row {@code ky} of the taps of output {@code o} begins at tap 0 of the row, which may lie outside the plane.
     */
    private long source(int plane, int o, int ky) {
        int row = y.base[o / x.out] + ky * dilation;
        return ((long) plane * srcPixels + (long) row * width + x.base[o % x.out]) * BYTES;
    }

    private void sumWindow(MemorySegment src, int plane, int o, MemorySegment dst, long d) {
        FloatVector sum = FloatVector.zero(SPECIES);
        int from = x.firstTap[o % x.out];
        int to = x.endTap[o % x.out];
        for (int ky = y.firstTap[o / x.out]; ky < y.endTap[o / x.out]; ky++) {
            long s = source(plane, o, ky);
            for (int kx = from; kx < to; kx++) {
                sum = sum.add(FloatVector.fromMemorySegment(SPECIES, src, s + (long) kx * dilation * BYTES, ORDER));
            }
        }
        sum.mul(1f / area).intoMemorySegment(dst, d, ORDER);
    }

    private void spreadWindow(MemorySegment dDst, long d, MemorySegment dSrc, int plane, int o) {
        FloatVector share =
                FloatVector.fromMemorySegment(SPECIES, dDst, d, ORDER).mul(1f / area);
        int from = x.firstTap[o % x.out];
        int to = x.endTap[o % x.out];
        for (int ky = y.firstTap[o / x.out]; ky < y.endTap[o / x.out]; ky++) {
            long s = source(plane, o, ky);
            for (int kx = from; kx < to; kx++) {
                long at = s + (long) kx * dilation * BYTES;
                FloatVector.fromMemorySegment(SPECIES, dSrc, at, ORDER)
                        .add(share)
                        .intoMemorySegment(dSrc, at, ORDER);
            }
        }
    }

    private void maxWindow(MemorySegment src, int plane, int o, MemorySegment dst, long d) {
        int from = x.firstTap[o % x.out];
        int to = x.endTap[o % x.out];
        int row = y.firstTap[o / x.out];
        FloatVector best = FloatVector.fromMemorySegment(
                SPECIES, src, source(plane, o, row) + (long) from * dilation * BYTES, ORDER);
        for (int ky = row; ky < y.endTap[o / x.out]; ky++) {
            long s = source(plane, o, ky);
            for (int kx = from; kx < to; kx++) {
                FloatVector v = FloatVector.fromMemorySegment(SPECIES, src, s + (long) kx * dilation * BYTES, ORDER);
                best = best.blend(v, best.lt(v));
            }
        }
        best.intoMemorySegment(dst, d, ORDER);
    }

    private void routeWindow(MemorySegment dDst, long d, MemorySegment src, MemorySegment dSrc, int plane, int o) {
        int from = x.firstTap[o % x.out];
        int to = x.endTap[o % x.out];
        int row = y.firstTap[o / x.out];
        FloatVector best = FloatVector.fromMemorySegment(
                SPECIES, src, source(plane, o, row) + (long) from * dilation * BYTES, ORDER);
        FloatVector winner = FloatVector.broadcast(SPECIES, row * 4096 + from);
        for (int ky = row; ky < y.endTap[o / x.out]; ky++) {
            long s = source(plane, o, ky);
            for (int kx = from; kx < to; kx++) {
                FloatVector v = FloatVector.fromMemorySegment(SPECIES, src, s + (long) kx * dilation * BYTES, ORDER);
                VectorMask<Float> larger = best.lt(v);
                best = best.blend(v, larger);
                winner = winner.blend(FloatVector.broadcast(SPECIES, ky * 4096 + kx), larger);
            }
        }
        give(FloatVector.fromMemorySegment(SPECIES, dDst, d, ORDER), winner, dSrc, plane, o);
    }

    private void give(FloatVector gradient, FloatVector winner, MemorySegment dSrc, int plane, int o) {
        int from = x.firstTap[o % x.out];
        int to = x.endTap[o % x.out];
        for (int ky = y.firstTap[o / x.out]; ky < y.endTap[o / x.out]; ky++) {
            long s = source(plane, o, ky);
            for (int kx = from; kx < to; kx++) {
                long at = s + (long) kx * dilation * BYTES;
                VectorMask<Float> mine =
                        winner.compare(VectorOperators.EQ, FloatVector.broadcast(SPECIES, ky * 4096 + kx));
                FloatVector old = FloatVector.fromMemorySegment(SPECIES, dSrc, at, ORDER);
                old.add(gradient, mine).intoMemorySegment(dSrc, at, ORDER);
            }
        }
    }
}
