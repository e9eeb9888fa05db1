package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;

/**
 * Batch norm with given statistics, and an activation.
 *
 * <p>Memory, in order: src, gamma, beta, mean, inverseStd.
 */
public final class NormalizedSource implements PlaneSource {
    private final int pixels;
    private final Activation act;
    private final Normalizer normalizer;

    public NormalizedSource(int channels, int pixels, Activation act) {
        this.pixels = pixels;
        this.act = act;
        normalizer = new Normalizer(channels);
    }

    @Override
    public int memory() {
        return 5;
    }

    @Override
    public void begin(MemorySegment[] m) {
        normalizer.set(m[1], m[2], m[3], m[4]);
    }

    @Override
    public void plane(int block, int p, MemorySegment[] m, MemorySegment formed, int to) {
        long plane = (long) pixels * BYTES;
        normalizer.apply(act, block, m[0], p * plane, formed, to * plane, pixels);
    }
}
