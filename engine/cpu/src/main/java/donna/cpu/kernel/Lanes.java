package donna.cpu.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** The one vector species of the process, loads and stores, and the arithmetic of blocked layouts. */
public final class Lanes {
    /** At most 512 bits. Mixing species in one process costs far more than a narrower one. */
    public static final VectorSpecies<Float> SPECIES =
            FloatVector.SPECIES_PREFERRED.length() > 16 ? FloatVector.SPECIES_512 : FloatVector.SPECIES_PREFERRED;

    /** The same vectors of integers. */
    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SPECIES.vectorShape());

    /** Lanes of a vector, channels of a block. */
    public static final int L = SPECIES.length();

    /** Bytes of a vector. */
    public static final int BYTES = L * Float.BYTES;

    static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private static final int SHORT = 1024;

    private Lanes() {}

    /** Channel blocks of {@code channels} channels. */
    public static int blocks(int channels) {
        return (channels + L - 1) / L;
    }

    /**
     * How many vectors of a flat range of {@code count} elements a kernel takes; the rest comes one by one. A short range
     * has none: a loop that makes few steps is compiled late, and until then each of its vectors is an object.
     */
    static long vectors(long count) {
        return count < SHORT ? 0 : count / L;
    }

    /** Bytes of a blocked tensor. */
    public static long blockedBytes(int n, int c, int h, int w) {
        return (long) n * blocks(c) * h * w * BYTES;
    }

    /** Room for one value per channel, whole blocks, zero. */
    static float[] perChannel(int channels) {
        return new float[blocks(channels) * L];
    }

    /** Copies a plain vector of {@code channels} into padded room; what lies behind stays as it is. */
    static void toPadded(MemorySegment plain, int channels, float[] padded) {
        MemorySegment.copy(plain, ValueLayout.JAVA_FLOAT, 0, padded, 0, channels);
    }

    /** Copies the first {@code channels} values of padded room to a plain vector. */
    static void toPlain(float[] padded, int channels, MemorySegment plain) {
        MemorySegment.copy(padded, 0, plain, ValueLayout.JAVA_FLOAT, 0, channels);
    }

    /** For constants, not for loops. */
    static FloatVector all(float x) {
        return FloatVector.broadcast(SPECIES, x);
    }

    /** Where a segment begins, which has to stay open as long as it is read. */
    static long address(MemorySegment segment) {
        if (!segment.isNative() || !segment.scope().isAlive()) {
            throw new IllegalStateException("a kernel needs open native memory, got " + segment);
        }
        return segment.address();
    }

    static float get(MemorySegment segment, long index) {
        return segment.get(ValueLayout.JAVA_FLOAT, index * Float.BYTES);
    }

    static void set(MemorySegment segment, long index, float value) {
        segment.set(ValueLayout.JAVA_FLOAT, index * Float.BYTES, value);
    }

    /** Zeroes {@code vectors} vectors. */
    static void clear(MemorySegment segment, long offset, long vectors) {
        FloatVector zero = FloatVector.zero(SPECIES);
        for (long i = 0; i < vectors; i++) {
            zero.intoMemorySegment(segment, offset + i * BYTES, ORDER);
        }
    }

    /** Makes the missing channels of a blocked tensor zero again, after a function that does not keep zero. */
    public static void clearMissing(MemorySegment blocked, int n, int c, int h, int w) {
        if (c % L == 0) {
            return;
        }
        VectorMask<Float> keep = SPECIES.indexInRange(0, c % L);
        long plane = (long) h * w;
        for (int i = 0; i < n; i++) {
            clearMissing(blocked, ((long) (i + 1) * blocks(c) - 1) * plane * BYTES, plane, keep);
        }
    }

    private static void clearMissing(MemorySegment blocked, long offset, long vectors, VectorMask<Float> keep) {
        FloatVector zero = FloatVector.zero(SPECIES);
        for (long i = 0; i < vectors; i++) {
            long at = offset + i * BYTES;
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, blocked, at, ORDER);
            zero.blend(x, keep).intoMemorySegment(blocked, at, ORDER);
        }
    }
}
