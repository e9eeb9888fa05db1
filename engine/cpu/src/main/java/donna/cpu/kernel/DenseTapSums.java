package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * {@link TapSums} at stride and dilation 1, {@link #PIXELS} pixels at a time: a source vector is loaded once for all
 * taps and pixels that meet in it, so that arithmetic bounds the loop and not its loads. Rows of {@code width} pixels,
 * a multiple of that number.
 */
final class DenseTapSums {
    static final int PIXELS = 4;

    private DenseTapSums() {}

    static void seven(
            MemorySegment src,
            long s,
            long rowStep,
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
            for (int x = 0; x < width; x += PIXELS) {
                long d = g + y * gStep + (long) x * BYTES;
                long p = s + y * rowStep + (long) x * BYTES;
                FloatVector d0 = FloatVector.fromMemorySegment(SPECIES, dDst, d, ORDER);
                FloatVector d1 = FloatVector.fromMemorySegment(SPECIES, dDst, d + BYTES, ORDER);
                FloatVector d2 = FloatVector.fromMemorySegment(SPECIES, dDst, d + 2L * BYTES, ORDER);
                FloatVector d3 = FloatVector.fromMemorySegment(SPECIES, dDst, d + 3L * BYTES, ORDER);
                FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER);
                a0 = v0.fma(d0, a0);
                FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, src, p + BYTES, ORDER);
                a1 = v1.fma(d0, a1);
                a0 = v1.fma(d1, a0);
                FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2L * BYTES, ORDER);
                a2 = v2.fma(d0, a2);
                a1 = v2.fma(d1, a1);
                a0 = v2.fma(d2, a0);
                FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, src, p + 3L * BYTES, ORDER);
                a3 = v3.fma(d0, a3);
                a2 = v3.fma(d1, a2);
                a1 = v3.fma(d2, a1);
                a0 = v3.fma(d3, a0);
                FloatVector v4 = FloatVector.fromMemorySegment(SPECIES, src, p + 4L * BYTES, ORDER);
                a4 = v4.fma(d0, a4);
                a3 = v4.fma(d1, a3);
                a2 = v4.fma(d2, a2);
                a1 = v4.fma(d3, a1);
                FloatVector v5 = FloatVector.fromMemorySegment(SPECIES, src, p + 5L * BYTES, ORDER);
                a5 = v5.fma(d0, a5);
                a4 = v5.fma(d1, a4);
                a3 = v5.fma(d2, a3);
                a2 = v5.fma(d3, a2);
                FloatVector v6 = FloatVector.fromMemorySegment(SPECIES, src, p + 6L * BYTES, ORDER);
                a6 = v6.fma(d0, a6);
                a5 = v6.fma(d1, a5);
                a4 = v6.fma(d2, a4);
                a3 = v6.fma(d3, a3);
                FloatVector v7 = FloatVector.fromMemorySegment(SPECIES, src, p + 7L * BYTES, ORDER);
                a6 = v7.fma(d1, a6);
                a5 = v7.fma(d2, a5);
                a4 = v7.fma(d3, a4);
                FloatVector v8 = FloatVector.fromMemorySegment(SPECIES, src, p + 8L * BYTES, ORDER);
                a6 = v8.fma(d2, a6);
                a5 = v8.fma(d3, a5);
                FloatVector v9 = FloatVector.fromMemorySegment(SPECIES, src, p + 9L * BYTES, ORDER);
                a6 = v9.fma(d3, a6);
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

    /** Two sums for each tap: five alone would wait for each other. */
    static void five(
            MemorySegment src,
            long s,
            long rowStep,
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
            for (int x = 0; x < width; x += PIXELS) {
                long d = g + y * gStep + (long) x * BYTES;
                long p = s + y * rowStep + (long) x * BYTES;
                FloatVector d0 = FloatVector.fromMemorySegment(SPECIES, dDst, d, ORDER);
                FloatVector d1 = FloatVector.fromMemorySegment(SPECIES, dDst, d + BYTES, ORDER);
                FloatVector d2 = FloatVector.fromMemorySegment(SPECIES, dDst, d + 2L * BYTES, ORDER);
                FloatVector d3 = FloatVector.fromMemorySegment(SPECIES, dDst, d + 3L * BYTES, ORDER);
                FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER);
                a0 = v0.fma(d0, a0);
                FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, src, p + BYTES, ORDER);
                a1 = v1.fma(d0, a1);
                b0 = v1.fma(d1, b0);
                FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2L * BYTES, ORDER);
                a2 = v2.fma(d0, a2);
                b1 = v2.fma(d1, b1);
                a0 = v2.fma(d2, a0);
                FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, src, p + 3L * BYTES, ORDER);
                a3 = v3.fma(d0, a3);
                b2 = v3.fma(d1, b2);
                a1 = v3.fma(d2, a1);
                b0 = v3.fma(d3, b0);
                FloatVector v4 = FloatVector.fromMemorySegment(SPECIES, src, p + 4L * BYTES, ORDER);
                a4 = v4.fma(d0, a4);
                b3 = v4.fma(d1, b3);
                a2 = v4.fma(d2, a2);
                b1 = v4.fma(d3, b1);
                FloatVector v5 = FloatVector.fromMemorySegment(SPECIES, src, p + 5L * BYTES, ORDER);
                b4 = v5.fma(d1, b4);
                a3 = v5.fma(d2, a3);
                b2 = v5.fma(d3, b2);
                FloatVector v6 = FloatVector.fromMemorySegment(SPECIES, src, p + 6L * BYTES, ORDER);
                a4 = v6.fma(d2, a4);
                b3 = v6.fma(d3, b3);
                FloatVector v7 = FloatVector.fromMemorySegment(SPECIES, src, p + 7L * BYTES, ORDER);
                b4 = v7.fma(d3, b4);
            }
        }
        a0.add(b0).intoMemorySegment(sum, a, ORDER);
        a1.add(b1).intoMemorySegment(sum, a + BYTES, ORDER);
        a2.add(b2).intoMemorySegment(sum, a + 2L * BYTES, ORDER);
        a3.add(b3).intoMemorySegment(sum, a + 3L * BYTES, ORDER);
        a4.add(b4).intoMemorySegment(sum, a + 4L * BYTES, ORDER);
    }
}
