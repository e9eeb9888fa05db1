package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** {@link donna.graph.Op.NsrLoss} on blocked tensors {@code [N, C, H, W]}: the loss and its gradient in one pass. */
public final class NsrLoss {
    private final int n;
    private final int c;
    private final int pixels;
    private final float[] factor;
    private final Sums squares;

    public NsrLoss(int n, int c, int h, int w) {
        this.n = n;
        this.c = c;
        this.pixels = h * w;
        factor = Lanes.perChannel(c);
        squares = new Sums(factor.length);
    }

    /** {@code inverseVariance} is plain {@code [C]}, {@code loss} is {@code [1]}; dSrc may be src. */
    public void run(
            MemorySegment src,
            MemorySegment target,
            MemorySegment inverseVariance,
            MemorySegment loss,
            MemorySegment dSrc) {
        double share = 1.0 / c / ((double) n * pixels);
        for (int i = 0; i < c; i++) {
            factor[i] = (float) (2 * share * Lanes.get(inverseVariance, i));
        }
        squares.clear();
        long at = 0;
        for (int i = 0; i < n; i++) {
            for (int b = 0; b < Lanes.blocks(c); b++) {
                plane(src, target, at, b * L, dSrc);
                at += (long) pixels * BYTES;
            }
        }
        double sum = 0;
        for (int i = 0; i < c; i++) {
            sum += squares.value(i) * Lanes.get(inverseVariance, i);
        }
        Lanes.set(loss, 0, (float) (sum * share));
    }

    private void plane(MemorySegment src, MemorySegment target, long at, int ch, MemorySegment dSrc) {
        FloatVector f = FloatVector.fromArray(SPECIES, factor, ch);
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int i = 0; i < pixels; i++) {
            long p = at + (long) i * BYTES;
            FloatVector e = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER)
                    .sub(FloatVector.fromMemorySegment(SPECIES, target, p, ORDER));
            sum = e.fma(e, sum);
            e.mul(f).intoMemorySegment(dSrc, p, ORDER);
        }
        sum.intoArray(squares.partial, 0);
        squares.add(ch);
    }
}
