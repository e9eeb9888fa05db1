package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Arithmetic on flat ranges of {@code count} elements. Results may replace an operand. */
public final class Elementwise {
    private Elementwise() {}

    /** {@code dst = a + b}. */
    public static void add(MemorySegment a, MemorySegment b, MemorySegment dst, long count) {
        long vectors = Lanes.vectors(count);
        for (long i = 0; i < vectors; i++) {
            FloatVector.fromMemorySegment(SPECIES, a, i * BYTES, ORDER)
                    .add(FloatVector.fromMemorySegment(SPECIES, b, i * BYTES, ORDER))
                    .intoMemorySegment(dst, i * BYTES, ORDER);
        }
        for (long i = vectors * L; i < count; i++) {
            Lanes.set(dst, i, Lanes.get(a, i) + Lanes.get(b, i));
        }
    }

    /** {@code dst = src + each} for {@code samples} ranges of {@code count} elements, one after another. */
    public static void addEach(MemorySegment src, MemorySegment each, MemorySegment dst, long count, int samples) {
        long vectors = Lanes.vectors(count);
        for (int s = 0; s < samples; s++) {
            long first = s * count;
            for (long i = 0; i < vectors; i++) {
                long at = first * Float.BYTES + i * BYTES;
                FloatVector.fromMemorySegment(SPECIES, src, at, ORDER)
                        .add(FloatVector.fromMemorySegment(SPECIES, each, i * BYTES, ORDER))
                        .intoMemorySegment(dst, at, ORDER);
            }
            for (long i = vectors * L; i < count; i++) {
                Lanes.set(dst, first + i, Lanes.get(src, first + i) + Lanes.get(each, i));
            }
        }
    }

    /** {@code dst = a * b}. */
    public static void multiply(MemorySegment a, MemorySegment b, MemorySegment dst, long count) {
        long vectors = Lanes.vectors(count);
        for (long i = 0; i < vectors; i++) {
            FloatVector.fromMemorySegment(SPECIES, a, i * BYTES, ORDER)
                    .mul(FloatVector.fromMemorySegment(SPECIES, b, i * BYTES, ORDER))
                    .intoMemorySegment(dst, i * BYTES, ORDER);
        }
        for (long i = vectors * L; i < count; i++) {
            Lanes.set(dst, i, Lanes.get(a, i) * Lanes.get(b, i));
        }
    }

    /** {@code dst = factor * src}. */
    public static void scale(float factor, MemorySegment src, MemorySegment dst, long count) {
        long vectors = Lanes.vectors(count);
        for (long i = 0; i < vectors; i++) {
            FloatVector.fromMemorySegment(SPECIES, src, i * BYTES, ORDER)
                    .mul(factor)
                    .intoMemorySegment(dst, i * BYTES, ORDER);
        }
        for (long i = vectors * L; i < count; i++) {
            Lanes.set(dst, i, Lanes.get(src, i) * factor);
        }
    }

    /** {@code dst = factor[0] * src}. */
    public static void scaleBy(MemorySegment src, MemorySegment factor, MemorySegment dst, long count) {
        scale(Lanes.get(factor, 0), src, dst, count);
    }
}
