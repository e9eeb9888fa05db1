package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * {@link TapTiles} for rows of two to four taps that look at one source pixel after the other, backwards: the data
 * gradient at stride 2. A source vector is loaded once for all taps and outputs that meet in it, so that arithmetic
 * bounds the loop and not its loads.
 */
final class DenseTapTiles {
    private static final int OUTPUTS = 8;

    private DenseTapTiles() {}

    /** Whether runs of {@code count} outputs, neighbours in the source, with taps at these shifts come here. */
    static boolean takes(int[] shifts, int step, int count) {
        boolean backwards = true;
        for (int t = 0; t < shifts.length; t++) {
            backwards &= shifts[t] == -t;
        }
        return backwards && step == 1 && count >= OUTPUTS && shifts.length >= 2 && shifts.length <= 4;
    }

    /** As {@link TapTiles#run}, with {@code taps} in a row. */
    static void run(
            int taps,
            MemorySegment src,
            long s,
            int[] shift,
            int from,
            int to,
            MemorySegment weight,
            long w,
            MemorySegment dst,
            long d,
            long dstStep,
            int count) {
        for (int i = 0; i < count; i += OUTPUTS) {
            int at = Math.min(i, count - OUTPUTS);
            long p = s + (long) at * BYTES;
            long out = d + at * dstStep;
            switch (taps) {
                case 2 -> two(src, p, shift, from, to, weight, w, dst, out, dstStep);
                case 3 -> three(src, p, shift, from, to, weight, w, dst, out, dstStep);
                default -> four(src, p, shift, from, to, weight, w, dst, out, dstStep);
            }
        }
    }

    private static void two(
            MemorySegment src,
            long s,
            int[] shift,
            int from,
            int to,
            MemorySegment weight,
            long w,
            MemorySegment dst,
            long d,
            long dstStep) {
        FloatVector a0 = FloatVector.zero(SPECIES);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector a4 = a0;
        FloatVector a5 = a0;
        FloatVector a6 = a0;
        FloatVector a7 = a0;
        for (int t = from; t < to; t += 2) {
            long q = w + (long) t * BYTES;
            long p = s + shift[t];
            FloatVector w0 = FloatVector.fromMemorySegment(SPECIES, weight, q, ORDER);
            FloatVector w1 = FloatVector.fromMemorySegment(SPECIES, weight, q + BYTES, ORDER);
            FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, src, p - BYTES, ORDER);
            a0 = v0.fma(w1, a0);
            FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER);
            a0 = v1.fma(w0, a0);
            a1 = v1.fma(w1, a1);
            FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, src, p + BYTES, ORDER);
            a1 = v2.fma(w0, a1);
            a2 = v2.fma(w1, a2);
            FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, src, p + 2L * BYTES, ORDER);
            a2 = v3.fma(w0, a2);
            a3 = v3.fma(w1, a3);
            FloatVector v4 = FloatVector.fromMemorySegment(SPECIES, src, p + 3L * BYTES, ORDER);
            a3 = v4.fma(w0, a3);
            a4 = v4.fma(w1, a4);
            FloatVector v5 = FloatVector.fromMemorySegment(SPECIES, src, p + 4L * BYTES, ORDER);
            a4 = v5.fma(w0, a4);
            a5 = v5.fma(w1, a5);
            FloatVector v6 = FloatVector.fromMemorySegment(SPECIES, src, p + 5L * BYTES, ORDER);
            a5 = v6.fma(w0, a5);
            a6 = v6.fma(w1, a6);
            FloatVector v7 = FloatVector.fromMemorySegment(SPECIES, src, p + 6L * BYTES, ORDER);
            a6 = v7.fma(w0, a6);
            a7 = v7.fma(w1, a7);
            FloatVector v8 = FloatVector.fromMemorySegment(SPECIES, src, p + 7L * BYTES, ORDER);
            a7 = v8.fma(w0, a7);
        }
        a0.intoMemorySegment(dst, d, ORDER);
        a1.intoMemorySegment(dst, d + dstStep, ORDER);
        a2.intoMemorySegment(dst, d + 2 * dstStep, ORDER);
        a3.intoMemorySegment(dst, d + 3 * dstStep, ORDER);
        a4.intoMemorySegment(dst, d + 4 * dstStep, ORDER);
        a5.intoMemorySegment(dst, d + 5 * dstStep, ORDER);
        a6.intoMemorySegment(dst, d + 6 * dstStep, ORDER);
        a7.intoMemorySegment(dst, d + 7 * dstStep, ORDER);
    }

    private static void three(
            MemorySegment src,
            long s,
            int[] shift,
            int from,
            int to,
            MemorySegment weight,
            long w,
            MemorySegment dst,
            long d,
            long dstStep) {
        FloatVector a0 = FloatVector.zero(SPECIES);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector a4 = a0;
        FloatVector a5 = a0;
        FloatVector a6 = a0;
        FloatVector a7 = a0;
        for (int t = from; t < to; t += 3) {
            long q = w + (long) t * BYTES;
            long p = s + shift[t];
            FloatVector w0 = FloatVector.fromMemorySegment(SPECIES, weight, q, ORDER);
            FloatVector w1 = FloatVector.fromMemorySegment(SPECIES, weight, q + BYTES, ORDER);
            FloatVector w2 = FloatVector.fromMemorySegment(SPECIES, weight, q + 2L * BYTES, ORDER);
            FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, src, p - 2L * BYTES, ORDER);
            a0 = v0.fma(w2, a0);
            FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, src, p - BYTES, ORDER);
            a0 = v1.fma(w1, a0);
            a1 = v1.fma(w2, a1);
            FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER);
            a0 = v2.fma(w0, a0);
            a1 = v2.fma(w1, a1);
            a2 = v2.fma(w2, a2);
            FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, src, p + BYTES, ORDER);
            a1 = v3.fma(w0, a1);
            a2 = v3.fma(w1, a2);
            a3 = v3.fma(w2, a3);
            FloatVector v4 = FloatVector.fromMemorySegment(SPECIES, src, p + 2L * BYTES, ORDER);
            a2 = v4.fma(w0, a2);
            a3 = v4.fma(w1, a3);
            a4 = v4.fma(w2, a4);
            FloatVector v5 = FloatVector.fromMemorySegment(SPECIES, src, p + 3L * BYTES, ORDER);
            a3 = v5.fma(w0, a3);
            a4 = v5.fma(w1, a4);
            a5 = v5.fma(w2, a5);
            FloatVector v6 = FloatVector.fromMemorySegment(SPECIES, src, p + 4L * BYTES, ORDER);
            a4 = v6.fma(w0, a4);
            a5 = v6.fma(w1, a5);
            a6 = v6.fma(w2, a6);
            FloatVector v7 = FloatVector.fromMemorySegment(SPECIES, src, p + 5L * BYTES, ORDER);
            a5 = v7.fma(w0, a5);
            a6 = v7.fma(w1, a6);
            a7 = v7.fma(w2, a7);
            FloatVector v8 = FloatVector.fromMemorySegment(SPECIES, src, p + 6L * BYTES, ORDER);
            a6 = v8.fma(w0, a6);
            a7 = v8.fma(w1, a7);
            FloatVector v9 = FloatVector.fromMemorySegment(SPECIES, src, p + 7L * BYTES, ORDER);
            a7 = v9.fma(w0, a7);
        }
        a0.intoMemorySegment(dst, d, ORDER);
        a1.intoMemorySegment(dst, d + dstStep, ORDER);
        a2.intoMemorySegment(dst, d + 2 * dstStep, ORDER);
        a3.intoMemorySegment(dst, d + 3 * dstStep, ORDER);
        a4.intoMemorySegment(dst, d + 4 * dstStep, ORDER);
        a5.intoMemorySegment(dst, d + 5 * dstStep, ORDER);
        a6.intoMemorySegment(dst, d + 6 * dstStep, ORDER);
        a7.intoMemorySegment(dst, d + 7 * dstStep, ORDER);
    }

    private static void four(
            MemorySegment src,
            long s,
            int[] shift,
            int from,
            int to,
            MemorySegment weight,
            long w,
            MemorySegment dst,
            long d,
            long dstStep) {
        FloatVector a0 = FloatVector.zero(SPECIES);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector a4 = a0;
        FloatVector a5 = a0;
        FloatVector a6 = a0;
        FloatVector a7 = a0;
        for (int t = from; t < to; t += 4) {
            long q = w + (long) t * BYTES;
            long p = s + shift[t];
            FloatVector w0 = FloatVector.fromMemorySegment(SPECIES, weight, q, ORDER);
            FloatVector w1 = FloatVector.fromMemorySegment(SPECIES, weight, q + BYTES, ORDER);
            FloatVector w2 = FloatVector.fromMemorySegment(SPECIES, weight, q + 2L * BYTES, ORDER);
            FloatVector w3 = FloatVector.fromMemorySegment(SPECIES, weight, q + 3L * BYTES, ORDER);
            FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, src, p - 3L * BYTES, ORDER);
            a0 = v0.fma(w3, a0);
            FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, src, p - 2L * BYTES, ORDER);
            a0 = v1.fma(w2, a0);
            a1 = v1.fma(w3, a1);
            FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, src, p - BYTES, ORDER);
            a0 = v2.fma(w1, a0);
            a1 = v2.fma(w2, a1);
            a2 = v2.fma(w3, a2);
            FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER);
            a0 = v3.fma(w0, a0);
            a1 = v3.fma(w1, a1);
            a2 = v3.fma(w2, a2);
            a3 = v3.fma(w3, a3);
            FloatVector v4 = FloatVector.fromMemorySegment(SPECIES, src, p + BYTES, ORDER);
            a1 = v4.fma(w0, a1);
            a2 = v4.fma(w1, a2);
            a3 = v4.fma(w2, a3);
            a4 = v4.fma(w3, a4);
            FloatVector v5 = FloatVector.fromMemorySegment(SPECIES, src, p + 2L * BYTES, ORDER);
            a2 = v5.fma(w0, a2);
            a3 = v5.fma(w1, a3);
            a4 = v5.fma(w2, a4);
            a5 = v5.fma(w3, a5);
            FloatVector v6 = FloatVector.fromMemorySegment(SPECIES, src, p + 3L * BYTES, ORDER);
            a3 = v6.fma(w0, a3);
            a4 = v6.fma(w1, a4);
            a5 = v6.fma(w2, a5);
            a6 = v6.fma(w3, a6);
            FloatVector v7 = FloatVector.fromMemorySegment(SPECIES, src, p + 4L * BYTES, ORDER);
            a4 = v7.fma(w0, a4);
            a5 = v7.fma(w1, a5);
            a6 = v7.fma(w2, a6);
            a7 = v7.fma(w3, a7);
            FloatVector v8 = FloatVector.fromMemorySegment(SPECIES, src, p + 5L * BYTES, ORDER);
            a5 = v8.fma(w0, a5);
            a6 = v8.fma(w1, a6);
            a7 = v8.fma(w2, a7);
            FloatVector v9 = FloatVector.fromMemorySegment(SPECIES, src, p + 6L * BYTES, ORDER);
            a6 = v9.fma(w0, a6);
            a7 = v9.fma(w1, a7);
            FloatVector v10 = FloatVector.fromMemorySegment(SPECIES, src, p + 7L * BYTES, ORDER);
            a7 = v10.fma(w0, a7);
        }
        a0.intoMemorySegment(dst, d, ORDER);
        a1.intoMemorySegment(dst, d + dstStep, ORDER);
        a2.intoMemorySegment(dst, d + 2 * dstStep, ORDER);
        a3.intoMemorySegment(dst, d + 3 * dstStep, ORDER);
        a4.intoMemorySegment(dst, d + 4 * dstStep, ORDER);
        a5.intoMemorySegment(dst, d + 5 * dstStep, ORDER);
        a6.intoMemorySegment(dst, d + 6 * dstStep, ORDER);
        a7.intoMemorySegment(dst, d + 7 * dstStep, ORDER);
    }
}
