package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/** Sums of a blocked tensor {@code [N, C, H, W]} over its pixels, and their gradient. */
public final class GlobalPool {
    private final int n;
    private final int c;
    private final int pixels;
    private final float[] row;
    private final Sums sums;

    public GlobalPool(int n, int c, int h, int w) {
        this.n = n;
        this.c = c;
        this.pixels = h * w;
        row = Lanes.perChannel(c);
        sums = new Sums(row.length);
    }

    /** Mean over the pixels: {@code dst} is plain {@code [N, C]}. */
    public void average(MemorySegment src, MemorySegment dst) {
        for (int i = 0; i < n; i++) {
            for (int b = 0; b < Lanes.blocks(c); b++) {
                averagePlane(i, b, src);
            }
            averaged(i, dst);
        }
    }

    /** {@link #average} of a plane of an image; {@link #averaged} comes when all its planes have been. */
    void averagePlane(int i, int b, MemorySegment src) {
        sumPlane(src, ((long) i * Lanes.blocks(c) + b) * pixels * BYTES);
        FloatVector.fromArray(SPECIES, sums.partial, 0).mul(1f / pixels).intoArray(row, b * L);
    }

    /** Writes the means of the image. */
    void averaged(int i, MemorySegment dst) {
        MemorySegment.copy(row, 0, dst, ValueLayout.JAVA_FLOAT, (long) i * c * Float.BYTES, c);
    }

    /** {@code dSrc = dDst / pixels} at every pixel; {@code dDst} is plain {@code [N, C]}. */
    public void averageBackward(MemorySegment dDst, MemorySegment dSrc) {
        long at = 0;
        for (int i = 0; i < n; i++) {
            MemorySegment.copy(dDst, ValueLayout.JAVA_FLOAT, (long) i * c * Float.BYTES, row, 0, c);
            java.util.Arrays.fill(row, c, row.length, 0);
            for (int b = 0; b < Lanes.blocks(c); b++) {
                fillPlane(b * L, dSrc, at);
                at += (long) pixels * BYTES;
            }
        }
    }

    /** {@link donna.graph.Op.SumExcept} of axis 1: {@code dst} is plain {@code [C]}. */
    public void sum(MemorySegment src, MemorySegment dst) {
        sums.clear();
        long at = 0;
        for (int i = 0; i < n; i++) {
            for (int b = 0; b < Lanes.blocks(c); b++) {
                sumPlane(src, at);
                sums.add(b * L);
                at += (long) pixels * BYTES;
            }
        }
        for (int i = 0; i < c; i++) {
            Lanes.set(dst, i, (float) sums.value(i));
        }
    }

    /** Leaves the sum in {@link Sums#partial}. */
    private void sumPlane(MemorySegment src, long at) {
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int i = 0;
        for (; i < pixels - 3; i += 4) {
            long p = at + (long) i * BYTES;
            s0 = s0.add(FloatVector.fromMemorySegment(SPECIES, src, p, ORDER));
            s1 = s1.add(FloatVector.fromMemorySegment(SPECIES, src, p + BYTES, ORDER));
            s2 = s2.add(FloatVector.fromMemorySegment(SPECIES, src, p + 2L * BYTES, ORDER));
            s3 = s3.add(FloatVector.fromMemorySegment(SPECIES, src, p + 3L * BYTES, ORDER));
        }
        for (; i < pixels; i++) {
            s0 = s0.add(FloatVector.fromMemorySegment(SPECIES, src, at + (long) i * BYTES, ORDER));
        }
        s0.add(s1).add(s2.add(s3)).intoArray(sums.partial, 0);
    }

    private void fillPlane(int ch, MemorySegment dSrc, long at) {
        FloatVector v = FloatVector.fromArray(SPECIES, row, ch).mul(1f / pixels);
        for (int i = 0; i < pixels; i++) {
            v.intoMemorySegment(dSrc, at + (long) i * BYTES, ORDER);
        }
    }
}
