package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** {@link DenseTapSums} at stride 2. */
final class StridedTapSums {
    static final int PIXELS = 2;

    private StridedTapSums() {}

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
                long p = s + y * rowStep + 2L * x * BYTES;
                FloatVector d0 = FloatVector.fromMemorySegment(SPECIES, dDst, d, ORDER);
                FloatVector d1 = FloatVector.fromMemorySegment(SPECIES, dDst, d + BYTES, ORDER);
                FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER);
                a0 = v0.fma(d0, a0);
                FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, src, p + BYTES, ORDER);
                a1 = v1.fma(d0, a1);
                FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2L * BYTES, ORDER);
                a2 = v2.fma(d0, a2);
                a0 = v2.fma(d1, a0);
                FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, src, p + 3L * BYTES, ORDER);
                a3 = v3.fma(d0, a3);
                a1 = v3.fma(d1, a1);
                FloatVector v4 = FloatVector.fromMemorySegment(SPECIES, src, p + 4L * BYTES, ORDER);
                a4 = v4.fma(d0, a4);
                a2 = v4.fma(d1, a2);
                FloatVector v5 = FloatVector.fromMemorySegment(SPECIES, src, p + 5L * BYTES, ORDER);
                a5 = v5.fma(d0, a5);
                a3 = v5.fma(d1, a3);
                FloatVector v6 = FloatVector.fromMemorySegment(SPECIES, src, p + 6L * BYTES, ORDER);
                a6 = v6.fma(d0, a6);
                a4 = v6.fma(d1, a4);
                FloatVector v7 = FloatVector.fromMemorySegment(SPECIES, src, p + 7L * BYTES, ORDER);
                a5 = v7.fma(d1, a5);
                FloatVector v8 = FloatVector.fromMemorySegment(SPECIES, src, p + 8L * BYTES, ORDER);
                a6 = v8.fma(d1, a6);
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
                long p = s + y * rowStep + 2L * x * BYTES;
                FloatVector d0 = FloatVector.fromMemorySegment(SPECIES, dDst, d, ORDER);
                FloatVector d1 = FloatVector.fromMemorySegment(SPECIES, dDst, d + BYTES, ORDER);
                FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, src, p, ORDER);
                a0 = v0.fma(d0, a0);
                FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, src, p + BYTES, ORDER);
                a1 = v1.fma(d0, a1);
                FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, src, p + 2L * BYTES, ORDER);
                a2 = v2.fma(d0, a2);
                b0 = v2.fma(d1, b0);
                FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, src, p + 3L * BYTES, ORDER);
                a3 = v3.fma(d0, a3);
                b1 = v3.fma(d1, b1);
                FloatVector v4 = FloatVector.fromMemorySegment(SPECIES, src, p + 4L * BYTES, ORDER);
                a4 = v4.fma(d0, a4);
                b2 = v4.fma(d1, b2);
                FloatVector v5 = FloatVector.fromMemorySegment(SPECIES, src, p + 5L * BYTES, ORDER);
                b3 = v5.fma(d1, b3);
                FloatVector v6 = FloatVector.fromMemorySegment(SPECIES, src, p + 6L * BYTES, ORDER);
                b4 = v6.fma(d1, b4);
            }
        }
        a0.add(b0).intoMemorySegment(sum, a, ORDER);
        a1.add(b1).intoMemorySegment(sum, a + BYTES, ORDER);
        a2.add(b2).intoMemorySegment(sum, a + 2L * BYTES, ORDER);
        a3.add(b3).intoMemorySegment(sum, a + 3L * BYTES, ORDER);
        a4.add(b4).intoMemorySegment(sum, a + 4L * BYTES, ORDER);
    }
}
