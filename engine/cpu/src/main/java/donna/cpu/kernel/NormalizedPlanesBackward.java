package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import java.lang.foreign.MemorySegment;

/**
 * What stands before and behind the data gradient of a depthwise convolution between two batch norms, a plane at a time
 * as in {@link NormalizedPlanes}: before it the second pass of the batch norm after, and the weight's gradient; behind
 * it the activation's derivative and the sums of the batch norm in front.
 */
public final class NormalizedPlanesBackward {
    private final int blocks;
    private final int pixels;
    private final int dstPixels;
    private final DepthwiseBackwardWeight weightPass;
    private final BatchNormBackward after;
    private final BatchNormBackward before;
    private final NormalizedAgain again;

    /**
     * {@code h} and {@code w} are src's.
     *
     * @param after of the batch norm behind the convolution; its first pass comes before each run
     */
    public NormalizedPlanesBackward(
            int n, int c, int h, int w, int kernel, ConvGeometry geometry, Activation act, BatchNormBackward after) {
        this.blocks = Lanes.blocks(c);
        this.pixels = h * w;
        this.dstPixels = geometry.outputSize(h, kernel) * geometry.outputSize(w, kernel);
        this.after = after;
        weightPass = new DepthwiseBackwardWeight(n, c, h, w, kernel, geometry);
        before = new BatchNormBackward(n, c, h, w, Activation.NONE, false);
        again = new NormalizedAgain(before, act, pixels);
    }

    /** Scratch bytes for the weight's gradient. */
    public long weightBytes() {
        return weightPass.scratchBytes();
    }

    /** Bytes of the activation's derivative, a plane; where it is 0 or 1 it is formed anew. */
    public long slopeBytes() {
        return again.slopeBytes();
    }

    public void begin(
            MemorySegment gamma,
            MemorySegment beta,
            MemorySegment mean,
            MemorySegment inverseStd,
            MemorySegment weightScratch) {
        before.begin(gamma, beta, mean, inverseStd);
        weightPass.begin(weightScratch);
    }

    /**
     * Plane {@code p} up to the data gradient.
     *
     * @param at that plane in src
     * @param g what {@code after}'s first pass left
     * @param result of the convolution
     * @param src of the batch norm in front
     * @param dResult a plane: the gradient of the result
     * @param activated a plane: what the convolution read
     * @param slope of {@link #slopeBytes}: the activation's derivative
     */
    public void weight(
            int p,
            int at,
            MemorySegment g,
            MemorySegment result,
            MemorySegment src,
            MemorySegment dResult,
            MemorySegment activated,
            MemorySegment slope,
            MemorySegment weightScratch) {
        int b = p % blocks;
        after.apply(b, g, result, (long) p * dstPixels * BYTES, dResult, 0);
        again.form(b, src, (long) at * pixels * BYTES, activated, 0, slope);
        weightPass.plane(b, activated, 0, dResult, 0, weightScratch);
    }

    /** The same plane from the data gradient on, which is plane {@code to} of dSrc, where it is plane {@code at} of src. */
    public void reduce(int p, MemorySegment dSrc, int to, MemorySegment src, int at, MemorySegment slope) {
        long plane = (long) pixels * BYTES;
        again.reduce(p % blocks, dSrc, to * plane, src, at * plane, slope);
    }

    /** Every plane of {@code count} images has been added. */
    public void imagesDone(int count, MemorySegment weightScratch) {
        weightPass.imagesDone(count, weightScratch);
    }

    /** After all planes: what is summed over them. */
    public void end(
            MemorySegment inverseStd,
            MemorySegment dWeight,
            MemorySegment dGamma,
            MemorySegment dBeta,
            MemorySegment weightScratch) {
        weightPass.end(dWeight, weightScratch);
        before.finish(inverseStd, dGamma, dBeta);
    }

    /** Then the second pass of the batch norm in front, on all planes of src and of what {@link #reduce} left in dSrc. */
    public void apply(MemorySegment dSrc, MemorySegment src) {
        before.apply(dSrc, src, dSrc);
    }

    /** The batch norm in front, whose second pass may be others' work. */
    public BatchNormBackward before() {
        return before;
    }
}
