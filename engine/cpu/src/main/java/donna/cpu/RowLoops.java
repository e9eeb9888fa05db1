package donna.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/** Ops on row-major memory as plain loops with sums in double: they are rare in the networks this backend is made for. */
final class RowLoops {
    private RowLoops() {}

    private static float at(MemorySegment m, long i) {
        return m.getAtIndex(JAVA_FLOAT, i);
    }

    private static void put(MemorySegment m, long i, double value) {
        m.setAtIndex(JAVA_FLOAT, i, (float) value);
    }

    static void layerNorm(int rows, int columns, float eps, MemorySegment src, MemorySegment gamma, MemorySegment beta, MemorySegment dst,
            MemorySegment mean, MemorySegment inverseStd) {
        for (int r = 0; r < rows; r++) {
            long row = (long) r * columns;
            double sum = 0;
            for (int i = 0; i < columns; i++) {
                sum += at(src, row + i);
            }
            double m = sum / columns;
            double squares = 0;
            for (int i = 0; i < columns; i++) {
                double d = at(src, row + i) - m;
                squares += d * d;
            }
            double inverse = 1 / Math.sqrt(squares / columns + eps);
            put(mean, r, m);
            put(inverseStd, r, inverse);
            for (int i = 0; i < columns; i++) {
                put(dst, row + i, (at(src, row + i) - m) * inverse * at(gamma, i) + at(beta, i));
            }
        }
    }

    static void layerNormBackward(int rows, int columns, MemorySegment dDst, MemorySegment src, MemorySegment gamma, MemorySegment mean,
            MemorySegment inverseStd, MemorySegment dSrc, MemorySegment dGamma, MemorySegment dBeta) {
        dGamma.fill((byte) 0);
        dBeta.fill((byte) 0);
        for (int r = 0; r < rows; r++) {
            long row = (long) r * columns;
            double m = at(mean, r);
            double inverse = at(inverseStd, r);
            double sum = 0;
            double product = 0;
            for (int i = 0; i < columns; i++) {
                double d = at(dDst, row + i);
                double x = (at(src, row + i) - m) * inverse;
                put(dGamma, i, at(dGamma, i) + d * x);
                put(dBeta, i, at(dBeta, i) + d);
                sum += d * at(gamma, i);
                product += d * at(gamma, i) * x;
            }
            for (int i = 0; i < columns; i++) {
                double x = (at(src, row + i) - m) * inverse;
                put(dSrc, row + i, inverse * (at(dDst, row + i) * at(gamma, i) - sum / columns - x * product / columns));
            }
        }
    }

    /** {@code dst[i] = sum over outer and inner of src[outer, i, inner]}. */
    static void sumExcept(MemorySegment src, int outer, int axis, int inner, MemorySegment dst) {
        for (int i = 0; i < axis; i++) {
            double sum = 0;
            for (int o = 0; o < outer; o++) {
                long from = ((long) o * axis + i) * inner;
                for (int k = 0; k < inner; k++) {
                    sum += at(src, from + k);
                }
            }
            put(dst, i, sum);
        }
    }
}
