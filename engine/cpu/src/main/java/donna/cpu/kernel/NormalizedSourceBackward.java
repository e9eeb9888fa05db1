package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;

/**
 * {@link NormalizedSource} in the convolution's gradient, with the first pass of the batch norm's: takes the activation's derivative into the data gradient,
 * and its sums.
 *
 * <p>Memory, in order: src, gamma, beta, mean, inverseStd, data gradient, dGamma, dBeta, room of {@link #slopeBytes}.
 */
public final class NormalizedSourceBackward implements PlaneSource {
    private final int pixels;
    private final BatchNormBackward norm;
    private final NormalizedAgain again;

    /** {@code norm} has the activation and no residual; its second pass comes after each run. */
    public NormalizedSourceBackward(int pixels, Activation act, BatchNormBackward norm) {
        this.pixels = pixels;
        this.norm = norm;
        again = new NormalizedAgain(norm, act, pixels);
    }

    /** Whether there is such a pass for {@code act}. */
    public static boolean supports(Activation act) {
        return act != Activation.NONE && Activations.clamps(act) || NormalizedSlope.supports(act);
    }

    /** Bytes of the activation's derivative, a plane; where it is 0 or 1 it is formed anew. */
    public long slopeBytes() {
        return again.slopeBytes();
    }

    @Override
    public int memory() {
        return 9;
    }

    @Override
    public void begin(MemorySegment[] m) {
        norm.begin(m[1], m[2], m[3], m[4]);
    }

    @Override
    public void plane(int block, int p, MemorySegment[] m, MemorySegment formed, int to) {
        long plane = (long) pixels * BYTES;
        long at = p * plane;
        again.form(block, m[0], at, formed, to * plane, m[8]);
        again.reduce(block, m[5], at, m[0], at, m[8]);
    }

    @Override
    public void end(MemorySegment[] m) {
        norm.finish(m[4], m[6], m[7]);
    }
}
