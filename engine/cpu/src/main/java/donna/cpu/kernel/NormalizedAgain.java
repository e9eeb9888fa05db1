package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;

/**
 * What a batch norm and an activation have made of a plane, formed once more on the way back, and the activation's derivative taken into that plane's gradient
 * with the norm's sums. A derivative that is 0 or 1 is formed twice, another is kept between the two. Places are in bytes.
 */
record NormalizedAgain(BatchNormBackward norm, Activation act, int pixels) {
    /** Bytes of the derivative that is kept. */
    long slopeBytes() {
        return Activations.clamps(act) ? 0 : (long) pixels * BYTES;
    }

    /** {@code dst = act(norm(src))}. */
    void form(int block, MemorySegment src, long s, MemorySegment dst, long d, MemorySegment slope) {
        if (Activations.clamps(act)) {
            norm.normalizer().apply(act, block, src, s, dst, d, pixels);
        } else {
            NormalizedSlope.run(act, norm.normalizer(), block, src, s, dst, slope, d, pixels);
        }
    }

    /** Then: {@code g *= act'(norm(src))}, and its sums. */
    void reduce(int block, MemorySegment g, long at, MemorySegment src, long s, MemorySegment slope) {
        if (Activations.clamps(act)) {
            norm.reduceClamped(block, g, at, src, s, Activations.low(act), Activations.high(act));
        } else {
            norm.reduceSloped(block, g, at, src, s, slope);
        }
    }
}
