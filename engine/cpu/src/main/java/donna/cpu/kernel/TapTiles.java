package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.all;
import static donna.cpu.kernel.Lanes.load;
import static donna.cpu.kernel.Lanes.store;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Runs of outputs of a depthwise pass: output {@code i} is the sum over the taps {@code t} in {@code [from, to)} of
 * {@code weight[t] * src[s + shift[t] + i * step]}, stored at {@code d + i * dstStep}. All steps in bytes. A tile keeps its outputs in registers over
 * all taps; its loads bound it, one weight and one source vector per output for each tap.
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
        FloatVector a0 = all(0);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector a4 = a0;
        FloatVector a5 = a0;
        FloatVector a6 = a0;
        FloatVector a7 = a0;
        for (int t = from; t < to; t++) {
            FloatVector k = load(weight, w + (long) t * BYTES);
            long p = s + shift[t];
            a0 = load(src, p).fma(k, a0);
            a1 = load(src, p + step).fma(k, a1);
            a2 = load(src, p + 2 * step).fma(k, a2);
            a3 = load(src, p + 3 * step).fma(k, a3);
            a4 = load(src, p + 4 * step).fma(k, a4);
            a5 = load(src, p + 5 * step).fma(k, a5);
            a6 = load(src, p + 6 * step).fma(k, a6);
            a7 = load(src, p + 7 * step).fma(k, a7);
        }
        store(a0, dst, d);
        store(a1, dst, d + dstStep);
        store(a2, dst, d + 2 * dstStep);
        store(a3, dst, d + 3 * dstStep);
        store(a4, dst, d + 4 * dstStep);
        store(a5, dst, d + 5 * dstStep);
        store(a6, dst, d + 6 * dstStep);
        store(a7, dst, d + 7 * dstStep);
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
        FloatVector a0 = all(0);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector a4 = a0;
        FloatVector a5 = a0;
        FloatVector a6 = a0;
        for (int t = from; t < to; t++) {
            FloatVector k = load(weight, w + (long) t * BYTES);
            long p = s + shift[t];
            a0 = load(src, p).fma(k, a0);
            a1 = load(src, p + step).fma(k, a1);
            a2 = load(src, p + 2 * step).fma(k, a2);
            a3 = load(src, p + 3 * step).fma(k, a3);
            a4 = load(src, p + 4 * step).fma(k, a4);
            a5 = load(src, p + 5 * step).fma(k, a5);
            a6 = load(src, p + 6 * step).fma(k, a6);
        }
        store(a0, dst, d);
        store(a1, dst, d + dstStep);
        store(a2, dst, d + 2 * dstStep);
        store(a3, dst, d + 3 * dstStep);
        store(a4, dst, d + 4 * dstStep);
        store(a5, dst, d + 5 * dstStep);
        store(a6, dst, d + 6 * dstStep);
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
        FloatVector a0 = all(0);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        for (int t = from; t < to; t++) {
            FloatVector k = load(weight, w + (long) t * BYTES);
            long p = s + shift[t];
            a0 = load(src, p).fma(k, a0);
            a1 = load(src, p + step).fma(k, a1);
            a2 = load(src, p + 2 * step).fma(k, a2);
            a3 = load(src, p + 3 * step).fma(k, a3);
        }
        store(a0, dst, d);
        store(a1, dst, d + dstStep);
        store(a2, dst, d + 2 * dstStep);
        store(a3, dst, d + 3 * dstStep);
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
        FloatVector a = all(0);
        for (int t = from; t < to; t++) {
            a = load(src, s + shift[t]).fma(load(weight, w + (long) t * BYTES), a);
        }
        store(a, dst, d);
    }
}
