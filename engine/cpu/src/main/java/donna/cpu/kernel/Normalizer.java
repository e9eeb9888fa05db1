package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * {@code act((src - mean) * scale + offset [+ residual])} with one mean, scale and offset per channel. Missing channels
 * have three zeros.
 */
final class Normalizer {
    /** Vectors that stay in the first-level cache between two loops over them. */
    static final int CHUNK = 64;

    /**
     * Gamma and beta up to which what a batch is normalised to is at most {@link ExpConstants#FAR}: none of 2^31 values, the most that a channel has, is more
     * than 46,341 deviations away from their mean.
     */
    private static final float MODERATE = ExpConstants.FAR / 48_000;

    final float[] mean;
    final float[] scale;
    final float[] offset;
    private final int channels;
    private boolean moderate = true;

    Normalizer(int channels) {
        this.channels = channels;
        mean = Lanes.perChannel(channels);
        scale = Lanes.perChannel(channels);
        offset = Lanes.perChannel(channels);
    }

    /** Adds {@link #shift}, and nothing until that is called. */
    static Normalizer shifting(int channels) {
        Normalizer n = new Normalizer(channels);
        Arrays.fill(n.scale, 0, channels, 1);
        return n;
    }

    /** From a mean and an inverse standard deviation. */
    void set(MemorySegment gamma, MemorySegment beta, MemorySegment mean, MemorySegment inverseStd) {
        Lanes.toPadded(mean, channels, this.mean);
        Lanes.toPadded(beta, channels, offset);
        moderate = true;
        for (int c = 0; c < channels; c++) {
            float g = Lanes.get(gamma, c);
            scale[c] = g * Lanes.get(inverseStd, c);
            moderate &= Math.abs(g) <= MODERATE && Math.abs(offset[c]) <= MODERATE;
        }
    }

    /** Whether nothing becomes larger than {@link ExpConstants#FAR}; with other statistics than the batch's own that is taken for granted. */
    boolean isModerate() {
        return moderate;
    }

    /** What is added, alone. */
    void shift(MemorySegment offset) {
        Lanes.toPadded(offset, channels, this.offset);
    }

    /** From a mean and a variance. */
    void setFromVariance(
            MemorySegment gamma, MemorySegment beta, MemorySegment mean, MemorySegment variance, double eps) {
        Lanes.toPadded(mean, channels, this.mean);
        Lanes.toPadded(beta, channels, offset);
        for (int c = 0; c < channels; c++) {
            scale[c] = (float) (gamma.getAtIndex(ValueLayout.JAVA_FLOAT, c)
                    / Math.sqrt(variance.getAtIndex(ValueLayout.JAVA_FLOAT, c) + eps));
        }
    }

    /** A run of pixels of one channel block; dst may be src or residual. */
    void apply(Activation act, int block, MemorySegment src, long s, MemorySegment dst, long d, int vectors) {
        if (Activations.clamps(act)) {
            clamped(block * L, src, s, dst, d, vectors, Activations.low(act), Activations.high(act));
            return;
        }
        if (act == Activation.SWISH && moderate) {
            SwishNormLoops.forward(this, block * L, src, s, dst, d, vectors);
            return;
        }
        for (int done = 0; done < vectors; done += CHUNK) {
            long at = (long) done * BYTES;
            int n = Math.min(CHUNK, vectors - done);
            plain(block * L, src, s + at, dst, d + at, n);
            Activations.forward(act, dst, d + at, dst, d + at, n);
        }
    }

    /** The same with a residual, whose pixels are where src's are. */
    void apply(
            Activation act,
            int block,
            MemorySegment src,
            MemorySegment residual,
            long s,
            MemorySegment dst,
            long d,
            int vectors) {
        if (Activations.clamps(act)) {
            clamped(block * L, src, residual, s, dst, d, vectors, Activations.low(act), Activations.high(act));
            return;
        }
        for (int done = 0; done < vectors; done += CHUNK) {
            long at = (long) done * BYTES;
            int n = Math.min(CHUNK, vectors - done);
            plain(block * L, src, residual, s + at, dst, d + at, n);
            Activations.forward(act, dst, d + at, dst, d + at, n);
        }
    }

    /** Without activation. */
    void plain(int c, MemorySegment src, long s, MemorySegment dst, long d, int vectors) {
        FloatVector m = FloatVector.fromArray(SPECIES, mean, c);
        FloatVector f = FloatVector.fromArray(SPECIES, scale, c);
        FloatVector o = FloatVector.fromArray(SPECIES, offset, c);
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            FloatVector.fromMemorySegment(SPECIES, src, s + at, ORDER)
                    .sub(m)
                    .fma(f, o)
                    .intoMemorySegment(dst, d + at, ORDER);
        }
    }

    /** Without activation. */
    void plain(int c, MemorySegment src, MemorySegment residual, long s, MemorySegment dst, long d, int vectors) {
        FloatVector m = FloatVector.fromArray(SPECIES, mean, c);
        FloatVector f = FloatVector.fromArray(SPECIES, scale, c);
        FloatVector o = FloatVector.fromArray(SPECIES, offset, c);
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            FloatVector y = FloatVector.fromMemorySegment(SPECIES, src, s + at, ORDER)
                    .sub(m)
                    .fma(f, o);
            y.add(FloatVector.fromMemorySegment(SPECIES, residual, s + at, ORDER))
                    .intoMemorySegment(dst, d + at, ORDER);
        }
    }

    private void clamped(
            int c, MemorySegment src, long s, MemorySegment dst, long d, int vectors, float low, float high) {
        FloatVector m = FloatVector.fromArray(SPECIES, mean, c);
        FloatVector f = FloatVector.fromArray(SPECIES, scale, c);
        FloatVector o = FloatVector.fromArray(SPECIES, offset, c);
        FloatVector lowest = FloatVector.broadcast(SPECIES, low);
        FloatVector highest = FloatVector.broadcast(SPECIES, high);
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            FloatVector y = FloatVector.fromMemorySegment(SPECIES, src, s + at, ORDER)
                    .sub(m)
                    .fma(f, o);
            y = y.blend(lowest, y.lt(lowest));
            y.blend(highest, highest.lt(y)).intoMemorySegment(dst, d + at, ORDER);
        }
    }

    private void clamped(
            int c,
            MemorySegment src,
            MemorySegment residual,
            long s,
            MemorySegment dst,
            long d,
            int vectors,
            float low,
            float high) {
        FloatVector m = FloatVector.fromArray(SPECIES, mean, c);
        FloatVector f = FloatVector.fromArray(SPECIES, scale, c);
        FloatVector o = FloatVector.fromArray(SPECIES, offset, c);
        FloatVector lowest = FloatVector.broadcast(SPECIES, low);
        FloatVector highest = FloatVector.broadcast(SPECIES, high);
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            FloatVector y = FloatVector.fromMemorySegment(SPECIES, src, s + at, ORDER)
                    .sub(m)
                    .fma(f, o)
                    .add(FloatVector.fromMemorySegment(SPECIES, residual, s + at, ORDER));
            y = y.blend(lowest, y.lt(lowest));
            y.blend(highest, highest.lt(y)).intoMemorySegment(dst, d + at, ORDER);
        }
    }
}
