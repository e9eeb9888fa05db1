package donna.cpu;

import donna.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A few numbers that were computed from a tensor in a buffer, for all plans that need the same, until the buffer's bytes change. Thread-safe; where two
 * threads want what nobody knows, one computes it.
 */
final class Remembered {
    private volatile Entry[] entries = {};

    /** Of one tensor. Its lock guards its fields. */
    private static final class Entry {
        final long offset;
        final Shape shape;
        final float[] numbers;
        long version = -1;

        Entry(long offset, Shape shape, int count) {
            this.offset = offset;
            this.shape = shape;
            numbers = new float[count];
        }

        boolean isOf(long offset, Shape shape) {
            return this.offset == offset && this.shape.equals(shape);
        }
    }

    /** Computes numbers into its memory. */
    interface Computation {
        void run(MemorySegment[] m);
    }

    /**
     * Fills {@code m[result]}, of one size for one tensor; allocates nothing but for a tensor that it has not seen.
     *
     * @param offset of a tensor of {@code shape} in the buffer
     * @param version of the buffer, not negative
     */
    void fill(long offset, Shape shape, long version, MemorySegment[] m, int result, Computation computation) {
        Entry e = find(offset, shape);
        if (e == null) {
            e = add(offset, shape, Math.toIntExact(m[result].byteSize() / Float.BYTES));
        }
        synchronized (e) {
            if (e.version == version) {
                MemorySegment.copy(e.numbers, 0, m[result], ValueLayout.JAVA_FLOAT, 0, e.numbers.length);
            } else {
                computation.run(m);
                MemorySegment.copy(m[result], ValueLayout.JAVA_FLOAT, 0, e.numbers, 0, e.numbers.length);
                e.version = version;
            }
        }
    }

    private Entry find(long offset, Shape shape) {
        for (Entry e : entries) {
            if (e.isOf(offset, shape)) {
                return e;
            }
        }
        return null;
    }

    private synchronized Entry add(long offset, Shape shape, int count) {
        Entry known = find(offset, shape);
        if (known != null) {
            return known;
        }
        Entry[] all = Arrays.copyOf(entries, entries.length + 1);
        Entry made = new Entry(offset, shape, count);
        all[entries.length] = made;
        entries = all;
        return made;
    }
}
