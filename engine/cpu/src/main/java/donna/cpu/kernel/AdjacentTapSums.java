package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * {@link TapSums} of taps side by side, dilation 1. Offsets of taps are constants, which cost no instruction. Loops end
 * at an address: one that counts would be unrolled, and its loads, all at the top, would push the sums out of the
 * registers.
 */
final class AdjacentTapSums {
    private AdjacentTapSums() {}

    static void seven(
            MemorySegment src,
            long s,
            long rowStep,
            long step,
            MemorySegment dDst,
            long g,
            long gStep,
            int rows,
            int width,
            MemorySegment sum,
            long a) {
        FloatVector a0 = FloatVector.fromMemorySegment(SPECIES, sum, a, ORDER);
        FloatVector a1 = FloatVector.fromMemorySegment(SPECIES, sum, a + BYTES, ORDER);
        FloatVector a2 = FloatVector.fromMemorySegment(SPECIES, sum, a + 2L * BYTES, ORDER);
        FloatVector a3 = FloatVector.fromMemorySegment(SPECIES, sum, a + 3L * BYTES, ORDER);
        FloatVector a4 = FloatVector.fromMemorySegment(SPECIES, sum, a + 4L * BYTES, ORDER);
        FloatVector a5 = FloatVector.fromMemorySegment(SPECIES, sum, a + 5L * BYTES, ORDER);
        FloatVector a6 = FloatVector.fromMemorySegment(SPECIES, sum, a + 6L * BYTES, ORDER);
        for (int y = 0; y < rows; y++) {
            long p = s + y * rowStep;
            long end = g + y * gStep + (long) width * BYTES;
            for (long at = g + y * gStep; at != end; at += BYTES) {
                FloatVector d = FloatVector.fromMemorySegment(SPECIES, dDst, at, ORDER);
                a0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER)
                        .fma(d, a0);
                a1 = FloatVector.fromMemorySegment(SPECIES, src, p + BYTES, ORDER)
                        .fma(d, a1);
                a2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2L * BYTES, ORDER)
                        .fma(d, a2);
                a3 = FloatVector.fromMemorySegment(SPECIES, src, p + 3L * BYTES, ORDER)
                        .fma(d, a3);
                a4 = FloatVector.fromMemorySegment(SPECIES, src, p + 4L * BYTES, ORDER)
                        .fma(d, a4);
                a5 = FloatVector.fromMemorySegment(SPECIES, src, p + 5L * BYTES, ORDER)
                        .fma(d, a5);
                a6 = FloatVector.fromMemorySegment(SPECIES, src, p + 6L * BYTES, ORDER)
                        .fma(d, a6);
                p += step;
            }
        }
        a0.intoMemorySegment(sum, a, ORDER);
        a1.intoMemorySegment(sum, a + BYTES, ORDER);
        a2.intoMemorySegment(sum, a + 2L * BYTES, ORDER);
        a3.intoMemorySegment(sum, a + 3L * BYTES, ORDER);
        a4.intoMemorySegment(sum, a + 4L * BYTES, ORDER);
        a5.intoMemorySegment(sum, a + 5L * BYTES, ORDER);
        a6.intoMemorySegment(sum, a + 6L * BYTES, ORDER);
    }

    /** Two pixels at a time: five sums alone would wait for each other. The last column of an odd width is left out. */
    static void five(
            MemorySegment src,
            long s,
            long rowStep,
            long step,
            MemorySegment dDst,
            long g,
            long gStep,
            int rows,
            int width,
            MemorySegment sum,
            long a) {
        FloatVector a0 = FloatVector.fromMemorySegment(SPECIES, sum, a, ORDER);
        FloatVector a1 = FloatVector.fromMemorySegment(SPECIES, sum, a + BYTES, ORDER);
        FloatVector a2 = FloatVector.fromMemorySegment(SPECIES, sum, a + 2L * BYTES, ORDER);
        FloatVector a3 = FloatVector.fromMemorySegment(SPECIES, sum, a + 3L * BYTES, ORDER);
        FloatVector a4 = FloatVector.fromMemorySegment(SPECIES, sum, a + 4L * BYTES, ORDER);
        FloatVector b0 = FloatVector.zero(SPECIES);
        FloatVector b1 = b0;
        FloatVector b2 = b0;
        FloatVector b3 = b0;
        FloatVector b4 = b0;
        for (int y = 0; y < rows; y++) {
            long p = s + y * rowStep;
            long end = g + y * gStep + (width & ~1L) * BYTES;
            for (long at = g + y * gStep; at != end; at += 2L * BYTES) {
                FloatVector d = FloatVector.fromMemorySegment(SPECIES, dDst, at, ORDER);
                FloatVector e = FloatVector.fromMemorySegment(SPECIES, dDst, at + BYTES, ORDER);
                long q = p + step;
                a0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER)
                        .fma(d, a0);
                a1 = FloatVector.fromMemorySegment(SPECIES, src, p + BYTES, ORDER)
                        .fma(d, a1);
                a2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2L * BYTES, ORDER)
                        .fma(d, a2);
                a3 = FloatVector.fromMemorySegment(SPECIES, src, p + 3L * BYTES, ORDER)
                        .fma(d, a3);
                a4 = FloatVector.fromMemorySegment(SPECIES, src, p + 4L * BYTES, ORDER)
                        .fma(d, a4);
                b0 = FloatVector.fromMemorySegment(SPECIES, src, q, ORDER)
                        .fma(e, b0);
                b1 = FloatVector.fromMemorySegment(SPECIES, src, q + BYTES, ORDER)
                        .fma(e, b1);
                b2 = FloatVector.fromMemorySegment(SPECIES, src, q + 2L * BYTES, ORDER)
                        .fma(e, b2);
                b3 = FloatVector.fromMemorySegment(SPECIES, src, q + 3L * BYTES, ORDER)
                        .fma(e, b3);
                b4 = FloatVector.fromMemorySegment(SPECIES, src, q + 4L * BYTES, ORDER)
                        .fma(e, b4);
                p = q + step;
            }
        }
        a0.add(b0).intoMemorySegment(sum, a, ORDER);
        a1.add(b1).intoMemorySegment(sum, a + BYTES, ORDER);
        a2.add(b2).intoMemorySegment(sum, a + 2L * BYTES, ORDER);
        a3.add(b3).intoMemorySegment(sum, a + 3L * BYTES, ORDER);
        a4.add(b4).intoMemorySegment(sum, a + 4L * BYTES, ORDER);
    }

    /** Three rows of three taps, the rows {@code tapRowStep} apart. */
    static void nine(
            MemorySegment src,
            long s,
            long rowStep,
            long step,
            long tapRowStep,
            MemorySegment dDst,
            long g,
            long gStep,
            int rows,
            int width,
            MemorySegment sum,
            long a) {
        FloatVector a0 = FloatVector.fromMemorySegment(SPECIES, sum, a, ORDER);
        FloatVector a1 = FloatVector.fromMemorySegment(SPECIES, sum, a + BYTES, ORDER);
        FloatVector a2 = FloatVector.fromMemorySegment(SPECIES, sum, a + 2L * BYTES, ORDER);
        FloatVector a3 = FloatVector.fromMemorySegment(SPECIES, sum, a + 3L * BYTES, ORDER);
        FloatVector a4 = FloatVector.fromMemorySegment(SPECIES, sum, a + 4L * BYTES, ORDER);
        FloatVector a5 = FloatVector.fromMemorySegment(SPECIES, sum, a + 5L * BYTES, ORDER);
        FloatVector a6 = FloatVector.fromMemorySegment(SPECIES, sum, a + 6L * BYTES, ORDER);
        FloatVector a7 = FloatVector.fromMemorySegment(SPECIES, sum, a + 7L * BYTES, ORDER);
        FloatVector a8 = FloatVector.fromMemorySegment(SPECIES, sum, a + 8L * BYTES, ORDER);
        for (int y = 0; y < rows; y++) {
            long p = s + y * rowStep;
            long end = g + y * gStep + (long) width * BYTES;
            for (long at = g + y * gStep; at != end; at += BYTES) {
                FloatVector d = FloatVector.fromMemorySegment(SPECIES, dDst, at, ORDER);
                long q = p + tapRowStep;
                long r = q + tapRowStep;
                a0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER)
                        .fma(d, a0);
                a1 = FloatVector.fromMemorySegment(SPECIES, src, p + BYTES, ORDER)
                        .fma(d, a1);
                a2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2L * BYTES, ORDER)
                        .fma(d, a2);
                a3 = FloatVector.fromMemorySegment(SPECIES, src, q, ORDER)
                        .fma(d, a3);
                a4 = FloatVector.fromMemorySegment(SPECIES, src, q + BYTES, ORDER)
                        .fma(d, a4);
                a5 = FloatVector.fromMemorySegment(SPECIES, src, q + 2L * BYTES, ORDER)
                        .fma(d, a5);
                a6 = FloatVector.fromMemorySegment(SPECIES, src, r, ORDER)
                        .fma(d, a6);
                a7 = FloatVector.fromMemorySegment(SPECIES, src, r + BYTES, ORDER)
                        .fma(d, a7);
                a8 = FloatVector.fromMemorySegment(SPECIES, src, r + 2L * BYTES, ORDER)
                        .fma(d, a8);
                p += step;
            }
        }
        a0.intoMemorySegment(sum, a, ORDER);
        a1.intoMemorySegment(sum, a + BYTES, ORDER);
        a2.intoMemorySegment(sum, a + 2L * BYTES, ORDER);
        a3.intoMemorySegment(sum, a + 3L * BYTES, ORDER);
        a4.intoMemorySegment(sum, a + 4L * BYTES, ORDER);
        a5.intoMemorySegment(sum, a + 5L * BYTES, ORDER);
        a6.intoMemorySegment(sum, a + 6L * BYTES, ORDER);
        a7.intoMemorySegment(sum, a + 7L * BYTES, ORDER);
        a8.intoMemorySegment(sum, a + 8L * BYTES, ORDER);
    }
}
