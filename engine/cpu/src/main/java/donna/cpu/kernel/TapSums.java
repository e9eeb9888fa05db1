package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Inner loops of {@link DepthwiseBackwardWeight}: for each of a row of taps, {@code sum[tap] += src[s + tap * tapStep +
 * y * rowStep + x * step] * dDst[y][x]} over {@code rows} times {@code width} pixels, dDst's rows without gaps. All
 * steps in bytes.
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
        long gStep = (long) width * BYTES;
        boolean adjacent = tapStep == BYTES;
        int t = 0;
        for (; t <= taps - 7; t += 7) {
            long p = s + t * tapStep;
            long sums = a + (long) t * BYTES;
            if (adjacent) {
                AdjacentTapSums.seven(src, p, rowStep, step, dDst, g, gStep, rows, width, sum, sums);
            } else {
                seven(src, p, rowStep, step, tapStep, dDst, g, gStep, rows, width, sum, sums);
            }
        }
        for (; t <= taps - 5; t += 5) {
            long p = s + t * tapStep;
            long sums = a + (long) t * BYTES;
            if (adjacent) {
                AdjacentTapSums.five(src, p, rowStep, step, dDst, g, gStep, rows, width, sum, sums);
            } else {
                five(src, p, rowStep, step, tapStep, dDst, g, gStep, rows, width, sum, sums);
            }
            if (width % 2 == 1) {
                long d = g + (width - 1L) * BYTES;
                fiveOfColumn(src, p + (width - 1) * step, rowStep, tapStep, dDst, d, gStep, rows, sum, sums);
            }
        }
        for (; t <= taps - 3; t += 3) {
            three(src, s + t * tapStep, rowStep, step, tapStep, dDst, g, gStep, rows, width, sum, a + (long) t * BYTES);
        }
        for (; t < taps; t++) {
            one(src, s + t * tapStep, rowStep, step, dDst, g, gStep, rows, width, sum, a + (long) t * BYTES);
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
            for (int x = 0; x < width; x++) {
                FloatVector d = FloatVector.fromMemorySegment(SPECIES, dDst, g + y * gStep + (long) x * BYTES, ORDER);
                long p = s + y * rowStep + x * step;
                a0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER).fma(d, a0);
                a1 = FloatVector.fromMemorySegment(SPECIES, src, p + tapStep, ORDER)
                        .fma(d, a1);
                a2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2 * tapStep, ORDER)
                        .fma(d, a2);
                a3 = FloatVector.fromMemorySegment(SPECIES, src, p + 3 * tapStep, ORDER)
                        .fma(d, a3);
                a4 = FloatVector.fromMemorySegment(SPECIES, src, p + 4 * tapStep, ORDER)
                        .fma(d, a4);
                a5 = FloatVector.fromMemorySegment(SPECIES, src, p + 5 * tapStep, ORDER)
                        .fma(d, a5);
                a6 = FloatVector.fromMemorySegment(SPECIES, src, p + 6 * tapStep, ORDER)
                        .fma(d, a6);
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

    /** Two pixels at a time: five sums alone would wait for each other. */
    private static void five(
            MemorySegment src,
            long s,
            long rowStep,
            long step,
            long tapStep,
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
            for (int x = 0; x < width - 1; x += 2) {
                FloatVector d = FloatVector.fromMemorySegment(SPECIES, dDst, g + y * gStep + (long) x * BYTES, ORDER);
                FloatVector e = FloatVector.fromMemorySegment(SPECIES, dDst, g + y * gStep + (x + 1L) * BYTES, ORDER);
                long p = s + y * rowStep + x * step;
                a0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER).fma(d, a0);
                a1 = FloatVector.fromMemorySegment(SPECIES, src, p + tapStep, ORDER)
                        .fma(d, a1);
                a2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2 * tapStep, ORDER)
                        .fma(d, a2);
                a3 = FloatVector.fromMemorySegment(SPECIES, src, p + 3 * tapStep, ORDER)
                        .fma(d, a3);
                a4 = FloatVector.fromMemorySegment(SPECIES, src, p + 4 * tapStep, ORDER)
                        .fma(d, a4);
                b0 = FloatVector.fromMemorySegment(SPECIES, src, p + step, ORDER)
                        .fma(e, b0);
                b1 = FloatVector.fromMemorySegment(SPECIES, src, p + step + tapStep, ORDER)
                        .fma(e, b1);
                b2 = FloatVector.fromMemorySegment(SPECIES, src, p + step + 2 * tapStep, ORDER)
                        .fma(e, b2);
                b3 = FloatVector.fromMemorySegment(SPECIES, src, p + step + 3 * tapStep, ORDER)
                        .fma(e, b3);
                b4 = FloatVector.fromMemorySegment(SPECIES, src, p + step + 4 * tapStep, ORDER)
                        .fma(e, b4);
            }
        }
        a0.add(b0).intoMemorySegment(sum, a, ORDER);
        a1.add(b1).intoMemorySegment(sum, a + BYTES, ORDER);
        a2.add(b2).intoMemorySegment(sum, a + 2L * BYTES, ORDER);
        a3.add(b3).intoMemorySegment(sum, a + 3L * BYTES, ORDER);
        a4.add(b4).intoMemorySegment(sum, a + 4L * BYTES, ORDER);
    }

    /** What two pixels at a time leave of rows of odd width: one column. */
    private static void fiveOfColumn(
            MemorySegment src,
            long s,
            long rowStep,
            long tapStep,
            MemorySegment dDst,
            long g,
            long gStep,
            int rows,
            MemorySegment sum,
            long a) {
        FloatVector a0 = FloatVector.fromMemorySegment(SPECIES, sum, a, ORDER);
        FloatVector a1 = FloatVector.fromMemorySegment(SPECIES, sum, a + BYTES, ORDER);
        FloatVector a2 = FloatVector.fromMemorySegment(SPECIES, sum, a + 2L * BYTES, ORDER);
        FloatVector a3 = FloatVector.fromMemorySegment(SPECIES, sum, a + 3L * BYTES, ORDER);
        FloatVector a4 = FloatVector.fromMemorySegment(SPECIES, sum, a + 4L * BYTES, ORDER);
        for (int y = 0; y < rows; y++) {
            FloatVector d = FloatVector.fromMemorySegment(SPECIES, dDst, g + y * gStep, ORDER);
            long p = s + y * rowStep;
            a0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER).fma(d, a0);
            a1 = FloatVector.fromMemorySegment(SPECIES, src, p + tapStep, ORDER).fma(d, a1);
            a2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2 * tapStep, ORDER)
                    .fma(d, a2);
            a3 = FloatVector.fromMemorySegment(SPECIES, src, p + 3 * tapStep, ORDER)
                    .fma(d, a3);
            a4 = FloatVector.fromMemorySegment(SPECIES, src, p + 4 * tapStep, ORDER)
                    .fma(d, a4);
        }
        a0.intoMemorySegment(sum, a, ORDER);
        a1.intoMemorySegment(sum, a + BYTES, ORDER);
        a2.intoMemorySegment(sum, a + 2L * BYTES, ORDER);
        a3.intoMemorySegment(sum, a + 3L * BYTES, ORDER);
        a4.intoMemorySegment(sum, a + 4L * BYTES, ORDER);
    }

    private static void three(
            MemorySegment src,
            long s,
            long rowStep,
            long step,
            long tapStep,
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
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < width; x++) {
                FloatVector d = FloatVector.fromMemorySegment(SPECIES, dDst, g + y * gStep + (long) x * BYTES, ORDER);
                long p = s + y * rowStep + x * step;
                a0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER).fma(d, a0);
                a1 = FloatVector.fromMemorySegment(SPECIES, src, p + tapStep, ORDER)
                        .fma(d, a1);
                a2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2 * tapStep, ORDER)
                        .fma(d, a2);
            }
        }
        a0.intoMemorySegment(sum, a, ORDER);
        a1.intoMemorySegment(sum, a + BYTES, ORDER);
        a2.intoMemorySegment(sum, a + 2L * BYTES, ORDER);
    }

    private static void one(
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
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < width; x++) {
                FloatVector d = FloatVector.fromMemorySegment(SPECIES, dDst, g + y * gStep + (long) x * BYTES, ORDER);
                a0 = FloatVector.fromMemorySegment(SPECIES, src, s + y * rowStep + x * step, ORDER)
                        .fma(d, a0);
            }
        }
        a0.intoMemorySegment(sum, a, ORDER);
    }
}
