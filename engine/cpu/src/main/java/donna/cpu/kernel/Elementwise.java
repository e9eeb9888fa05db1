package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.all;
import static donna.cpu.kernel.Lanes.load;
import static donna.cpu.kernel.Lanes.store;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Arithmetic on flat ranges of {@code count} elements. Results may replace an operand. */
public final class Elementwise {
    private Elementwise() {}

    /** {@code dst = a + b}. */
    public static void add(MemorySegment a, MemorySegment b, MemorySegment dst, long count) {
        long vectors = count / L;
        for (long i = 0; i < vectors; i++) {
            store(load(a, i * BYTES).add(load(b, i * BYTES)), dst, i * BYTES);
        }
        for (long i = vectors * L; i < count; i++) {
            Lanes.set(dst, i, Lanes.get(a, i) + Lanes.get(b, i));
        }
    }

    /** {@code dst = a * b}. */
    public static void multiply(MemorySegment a, MemorySegment b, MemorySegment dst, long count) {
        long vectors = count / L;
        for (long i = 0; i < vectors; i++) {
            store(load(a, i * BYTES).mul(load(b, i * BYTES)), dst, i * BYTES);
        }
        for (long i = vectors * L; i < count; i++) {
            Lanes.set(dst, i, Lanes.get(a, i) * Lanes.get(b, i));
        }
    }

    /** {@code dst = factor * src}. */
    public static void scale(float factor, MemorySegment src, MemorySegment dst, long count) {
        long vectors = count / L;
        FloatVector f = all(factor);
        for (long i = 0; i < vectors; i++) {
            store(load(src, i * BYTES).mul(f), dst, i * BYTES);
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
