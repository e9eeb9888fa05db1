package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Runs of outputs of a depthwise pass: output {@code i} is the sum over the taps {@code t} in {@code [from, to)} of
 * {@code weight[t] * src[s + shift[t] + i * step]}, stored at {@code d + i * dstStep}. All steps in bytes. A tile keeps
 * its outputs in registers over all taps; its loads bound it, one weight and one source vector per output for each tap.
 */
final class TapTiles {
    private TapTiles() {}

    /** A run of {@code count} outputs. A tile at the end of a run may overlap the one before it. */
    static void run(
            MemorySegment src,
            long s,
            int[] shift,
            int from,
            int to,
            long step,
            MemorySegment weight,
            long w,
            MemorySegment dst,
            long d,
            long dstStep,
            int count) {
        int i = 0;
        if (count % 7 == 0 && count % 8 != 0) {
            for (; i < count; i += 7) {
                seven(src, s + i * step, shift, from, to, step, weight, w, dst, d + i * dstStep, dstStep);
            }
            return;
        }
        for (; i <= count - 8; i += 8) {
            eight(src, s + i * step, shift, from, to, step, weight, w, dst, d + i * dstStep, dstStep);
        }
        int rest = count - i;
        if (rest > 4 && count >= 8) {
            i = count - 8;
            eight(src, s + i * step, shift, from, to, step, weight, w, dst, d + i * dstStep, dstStep);
            return;
        }
        if (rest >= 4) {
            four(src, s + i * step, shift, from, to, step, weight, w, dst, d + i * dstStep, dstStep);
            i += 4;
        }
        for (; i < count; i++) {
            one(src, s + i * step, shift, from, to, weight, w, dst, d + i * dstStep);
        }
    }

    private static void eight(
            MemorySegment src,
            long s,
            int[] shift,
            int from,
            int to,
            long step,
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
        for (int t = from; t < to; t++) {
            FloatVector k = FloatVector.fromMemorySegment(SPECIES, weight, w + (long) t * BYTES, ORDER);
            long p = s + shift[t];
            a0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER).fma(k, a0);
            a1 = FloatVector.fromMemorySegment(SPECIES, src, p + step, ORDER).fma(k, a1);
            a2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2 * step, ORDER)
                    .fma(k, a2);
            a3 = FloatVector.fromMemorySegment(SPECIES, src, p + 3 * step, ORDER)
                    .fma(k, a3);
            a4 = FloatVector.fromMemorySegment(SPECIES, src, p + 4 * step, ORDER)
                    .fma(k, a4);
            a5 = FloatVector.fromMemorySegment(SPECIES, src, p + 5 * step, ORDER)
                    .fma(k, a5);
            a6 = FloatVector.fromMemorySegment(SPECIES, src, p + 6 * step, ORDER)
                    .fma(k, a6);
            a7 = FloatVector.fromMemorySegment(SPECIES, src, p + 7 * step, ORDER)
                    .fma(k, a7);
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

    private static void seven(
            MemorySegment src,
            long s,
            int[] shift,
            int from,
            int to,
            long step,
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
        for (int t = from; t < to; t++) {
            FloatVector k = FloatVector.fromMemorySegment(SPECIES, weight, w + (long) t * BYTES, ORDER);
            long p = s + shift[t];
            a0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER).fma(k, a0);
            a1 = FloatVector.fromMemorySegment(SPECIES, src, p + step, ORDER).fma(k, a1);
            a2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2 * step, ORDER)
                    .fma(k, a2);
            a3 = FloatVector.fromMemorySegment(SPECIES, src, p + 3 * step, ORDER)
                    .fma(k, a3);
            a4 = FloatVector.fromMemorySegment(SPECIES, src, p + 4 * step, ORDER)
                    .fma(k, a4);
            a5 = FloatVector.fromMemorySegment(SPECIES, src, p + 5 * step, ORDER)
                    .fma(k, a5);
            a6 = FloatVector.fromMemorySegment(SPECIES, src, p + 6 * step, ORDER)
                    .fma(k, a6);
        }
        a0.intoMemorySegment(dst, d, ORDER);
        a1.intoMemorySegment(dst, d + dstStep, ORDER);
        a2.intoMemorySegment(dst, d + 2 * dstStep, ORDER);
        a3.intoMemorySegment(dst, d + 3 * dstStep, ORDER);
        a4.intoMemorySegment(dst, d + 4 * dstStep, ORDER);
        a5.intoMemorySegment(dst, d + 5 * dstStep, ORDER);
        a6.intoMemorySegment(dst, d + 6 * dstStep, ORDER);
    }

    private static void four(
            MemorySegment src,
            long s,
            int[] shift,
            int from,
            int to,
            long step,
            MemorySegment weight,
            long w,
            MemorySegment dst,
            long d,
            long dstStep) {
        FloatVector a0 = FloatVector.zero(SPECIES);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        for (int t = from; t < to; t++) {
            FloatVector k = FloatVector.fromMemorySegment(SPECIES, weight, w + (long) t * BYTES, ORDER);
            long p = s + shift[t];
            a0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER).fma(k, a0);
            a1 = FloatVector.fromMemorySegment(SPECIES, src, p + step, ORDER).fma(k, a1);
            a2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2 * step, ORDER)
                    .fma(k, a2);
            a3 = FloatVector.fromMemorySegment(SPECIES, src, p + 3 * step, ORDER)
                    .fma(k, a3);
        }
        a0.intoMemorySegment(dst, d, ORDER);
        a1.intoMemorySegment(dst, d + dstStep, ORDER);
        a2.intoMemorySegment(dst, d + 2 * dstStep, ORDER);
        a3.intoMemorySegment(dst, d + 3 * dstStep, ORDER);
    }

    private static void one(
            MemorySegment src,
            long s,
            int[] shift,
            int from,
            int to,
            MemorySegment weight,
            long w,
            MemorySegment dst,
            long d) {
        FloatVector a = FloatVector.zero(SPECIES);
        for (int t = from; t < to; t++) {
            a = FloatVector.fromMemorySegment(SPECIES, src, s + shift[t], ORDER)
                    .fma(FloatVector.fromMemorySegment(SPECIES, weight, w + (long) t * BYTES, ORDER), a);
        }
        a.intoMemorySegment(dst, d, ORDER);
    }
}
