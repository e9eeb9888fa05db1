package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.all;
import static donna.cpu.kernel.Lanes.load;
import static donna.cpu.kernel.Lanes.store;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Inner loops of {@link DepthwiseBackwardWeight}: for each of a row of taps, {@code sum[tap] += src[s + tap * tapStep + y * rowStep + x * step] * dDst[y][x]}
 * over {@code rows} times {@code width} pixels, dDst's rows without gaps. All steps in bytes.
 */
final class TapSums {
    private TapSums() {}

    static void row(
            int taps,
            MemorySegment src,
            long s,
            long rowStep,
            long step,
            long tapStep,
            MemorySegment dDst,
            long g,
            int rows,
            int width,
            MemorySegment sum,
            long a) {
        int t = 0;
        for (; t <= taps - 7; t += 7) {
            seven(src, s + t * tapStep, rowStep, step, tapStep, dDst, g, rows, width, sum, a + (long) t * BYTES);
        }
        for (; t <= taps - 5; t += 5) {
            five(src, s + t * tapStep, rowStep, step, tapStep, dDst, g, rows, width, sum, a + (long) t * BYTES);
            if (width % 2 == 1) {
                fiveOfLastColumn(src, s + t * tapStep + (width - 1) * step, rowStep, tapStep, dDst, g, rows, width, sum, a + (long) t * BYTES);
            }
        }
        for (; t <= taps - 3; t += 3) {
            three(src, s + t * tapStep, rowStep, step, tapStep, dDst, g, rows, width, sum, a + (long) t * BYTES);
        }
        for (; t < taps; t++) {
            one(src, s + t * tapStep, rowStep, step, dDst, g, rows, width, sum, a + (long) t * BYTES);
        }
    }

    private static void seven(
            MemorySegment src,
            long s,
            long rowStep,
            long step,
            long tapStep,
            MemorySegment dDst,
            long g,
            int rows,
            int width,
            MemorySegment sum,
            long a) {
        FloatVector a0 = load(sum, a);
        FloatVector a1 = load(sum, a + BYTES);
        FloatVector a2 = load(sum, a + 2L * BYTES);
        FloatVector a3 = load(sum, a + 3L * BYTES);
        FloatVector a4 = load(sum, a + 4L * BYTES);
        FloatVector a5 = load(sum, a + 5L * BYTES);
        FloatVector a6 = load(sum, a + 6L * BYTES);
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < width; x++) {
                FloatVector d = load(dDst, g + ((long) y * width + x) * BYTES);
                long p = s + y * rowStep + x * step;
                a0 = load(src, p).fma(d, a0);
                a1 = load(src, p + tapStep).fma(d, a1);
                a2 = load(src, p + 2 * tapStep).fma(d, a2);
                a3 = load(src, p + 3 * tapStep).fma(d, a3);
                a4 = load(src, p + 4 * tapStep).fma(d, a4);
                a5 = load(src, p + 5 * tapStep).fma(d, a5);
                a6 = load(src, p + 6 * tapStep).fma(d, a6);
            }
        }
        store(a0, sum, a);
        store(a1, sum, a + BYTES);
        store(a2, sum, a + 2L * BYTES);
        store(a3, sum, a + 3L * BYTES);
        store(a4, sum, a + 4L * BYTES);
        store(a5, sum, a + 5L * BYTES);
        store(a6, sum, a + 6L * BYTES);
    }

    /** Two pixels at a time: five sums alone would wait for each other. */
    private static void five(
            MemorySegment src,
            long s,
            long rowStep,
            long step,
            long tapStep,
            MemorySegment dDst,
            long g,
            int rows,
            int width,
            MemorySegment sum,
            long a) {
        FloatVector a0 = load(sum, a);
        FloatVector a1 = load(sum, a + BYTES);
        FloatVector a2 = load(sum, a + 2L * BYTES);
        FloatVector a3 = load(sum, a + 3L * BYTES);
        FloatVector a4 = load(sum, a + 4L * BYTES);
        FloatVector b0 = all(0);
        FloatVector b1 = b0;
        FloatVector b2 = b0;
        FloatVector b3 = b0;
        FloatVector b4 = b0;
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < width - 1; x += 2) {
                FloatVector d = load(dDst, g + ((long) y * width + x) * BYTES);
                FloatVector e = load(dDst, g + ((long) y * width + x + 1) * BYTES);
                long p = s + y * rowStep + x * step;
                a0 = load(src, p).fma(d, a0);
                a1 = load(src, p + tapStep).fma(d, a1);
                a2 = load(src, p + 2 * tapStep).fma(d, a2);
                a3 = load(src, p + 3 * tapStep).fma(d, a3);
                a4 = load(src, p + 4 * tapStep).fma(d, a4);
                b0 = load(src, p + step).fma(e, b0);
                b1 = load(src, p + step + tapStep).fma(e, b1);
                b2 = load(src, p + step + 2 * tapStep).fma(e, b2);
                b3 = load(src, p + step + 3 * tapStep).fma(e, b3);
                b4 = load(src, p + step + 4 * tapStep).fma(e, b4);
            }
        }
        store(a0.add(b0), sum, a);
        store(a1.add(b1), sum, a + BYTES);
        store(a2.add(b2), sum, a + 2L * BYTES);
        store(a3.add(b3), sum, a + 3L * BYTES);
        store(a4.add(b4), sum, a + 4L * BYTES);
    }

    /** What {@link #five} leaves of rows of odd width; s is the last column's source. */
    private static void fiveOfLastColumn(
            MemorySegment src,
            long s,
            long rowStep,
            long tapStep,
            MemorySegment dDst,
            long g,
            int rows,
            int width,
            MemorySegment sum,
            long a) {
        FloatVector a0 = load(sum, a);
        FloatVector a1 = load(sum, a + BYTES);
        FloatVector a2 = load(sum, a + 2L * BYTES);
        FloatVector a3 = load(sum, a + 3L * BYTES);
        FloatVector a4 = load(sum, a + 4L * BYTES);
        for (int y = 0; y < rows; y++) {
            FloatVector d = load(dDst, g + ((long) y * width + width - 1) * BYTES);
            long p = s + y * rowStep;
            a0 = load(src, p).fma(d, a0);
            a1 = load(src, p + tapStep).fma(d, a1);
            a2 = load(src, p + 2 * tapStep).fma(d, a2);
            a3 = load(src, p + 3 * tapStep).fma(d, a3);
            a4 = load(src, p + 4 * tapStep).fma(d, a4);
        }
        store(a0, sum, a);
        store(a1, sum, a + BYTES);
        store(a2, sum, a + 2L * BYTES);
        store(a3, sum, a + 3L * BYTES);
        store(a4, sum, a + 4L * BYTES);
    }

    /** Three rows of three taps, the rows {@code tapRowStep} apart. */
    static void nine(
            MemorySegment src,
            long s,
            long rowStep,
            long step,
            long tapStep,
            long tapRowStep,
            MemorySegment dDst,
            long g,
            int rows,
            int width,
            MemorySegment sum) {
        FloatVector a0 = load(sum, 0);
        FloatVector a1 = load(sum, BYTES);
        FloatVector a2 = load(sum, 2L * BYTES);
        FloatVector a3 = load(sum, 3L * BYTES);
        FloatVector a4 = load(sum, 4L * BYTES);
        FloatVector a5 = load(sum, 5L * BYTES);
        FloatVector a6 = load(sum, 6L * BYTES);
        FloatVector a7 = load(sum, 7L * BYTES);
        FloatVector a8 = load(sum, 8L * BYTES);
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < width; x++) {
                FloatVector d = load(dDst, g + ((long) y * width + x) * BYTES);
                long p = s + y * rowStep + x * step;
                long q = p + tapRowStep;
                long r = q + tapRowStep;
                a0 = load(src, p).fma(d, a0);
                a1 = load(src, p + tapStep).fma(d, a1);
                a2 = load(src, p + 2 * tapStep).fma(d, a2);
                a3 = load(src, q).fma(d, a3);
                a4 = load(src, q + tapStep).fma(d, a4);
                a5 = load(src, q + 2 * tapStep).fma(d, a5);
                a6 = load(src, r).fma(d, a6);
                a7 = load(src, r + tapStep).fma(d, a7);
                a8 = load(src, r + 2 * tapStep).fma(d, a8);
            }
        }
        store(a0, sum, 0);
        store(a1, sum, BYTES);
        store(a2, sum, 2L * BYTES);
        store(a3, sum, 3L * BYTES);
        store(a4, sum, 4L * BYTES);
        store(a5, sum, 5L * BYTES);
        store(a6, sum, 6L * BYTES);
        store(a7, sum, 7L * BYTES);
        store(a8, sum, 8L * BYTES);
    }

    private static void three(
            MemorySegment src,
            long s,
            long rowStep,
            long step,
            long tapStep,
            MemorySegment dDst,
            long g,
            int rows,
            int width,
            MemorySegment sum,
            long a) {
        FloatVector a0 = load(sum, a);
        FloatVector a1 = load(sum, a + BYTES);
        FloatVector a2 = load(sum, a + 2L * BYTES);
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < width; x++) {
                FloatVector d = load(dDst, g + ((long) y * width + x) * BYTES);
                long p = s + y * rowStep + x * step;
                a0 = load(src, p).fma(d, a0);
                a1 = load(src, p + tapStep).fma(d, a1);
                a2 = load(src, p + 2 * tapStep).fma(d, a2);
            }
        }
        store(a0, sum, a);
        store(a1, sum, a + BYTES);
        store(a2, sum, a + 2L * BYTES);
    }

    private static void one(
            MemorySegment src,
            long s,
            long rowStep,
            long step,
            MemorySegment dDst,
            long g,
            int rows,
            int width,
            MemorySegment sum,
            long a) {
        FloatVector a0 = load(sum, a);
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < width; x++) {
                FloatVector d = load(dDst, g + ((long) y * width + x) * BYTES);
                a0 = load(src, s + y * rowStep + x * step).fma(d, a0);
            }
        }
        store(a0, sum, a);
    }
}
