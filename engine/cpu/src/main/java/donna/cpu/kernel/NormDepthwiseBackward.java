package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import java.lang.foreign.MemorySegment;

/**
 * The gradient of batch norm, activation, depthwise convolution and the batch norm after it, from the second pass of
 * that batch norm's gradient on: plane by plane, the gradient of the convolution's result is formed, the activation and
 * its derivative are formed again from src, and both of the convolution's gradients are taken. What lies between
 * is never stored; only the batch norm in front needs a second pass of its own, because of its sums. Layouts as in
 * {@link NormDepthwiseForward}.
 */
public final class NormDepthwiseBackward {
    private final int n;
    private final int c;
    private final Axis y;
    private final Axis x;
    private final Activation act;
    private final DepthwiseBackwardWeight weightPass;
    private final DepthwisePass dataPass;
    private final BatchNormBackward after;
    private final BatchNormBackward before;

    /**
     * {@code h} and {@code w} are src's.
     *
     * @param after of the batch norm behind the convolution; its first pass comes before each run
     */
    public NormDepthwiseBackward(
            int n, int c, int h, int w, int kernel, ConvGeometry geometry, Activation act, BatchNormBackward after) {
        this.n = n;
        this.c = c;
        this.act = act;
        this.after = after;
        y = Axis.backward(h, kernel, geometry);
        x = Axis.backward(w, kernel, geometry);
        weightPass = new DepthwiseBackwardWeight(n, c, h, w, kernel, geometry);
        dataPass = new DepthwisePass(c, kernel, y, x);
        before = new BatchNormBackward(n, c, h, w, Activation.NONE, false);
    }

    /** Scratch bytes for the weight's gradient. */
    public long weightBytes() {
        return weightPass.scratchBytes();
    }

    /** Scratch bytes for src's gradient. */
    public long dataBytes() {
        return dataPass.scratchBytes();
    }

    /** Scratch bytes for planes: the gradient of the convolution's result, the activation, its derivative. */
    public long planeBytes() {
        return ((long) y.src * x.src + 2L * y.out * x.out) * BYTES;
    }

    /**
     * A run.
     *
     * @param g what {@code after}'s first pass left
     * @param result of the convolution
     * @param src of the batch norm in front
     */
    public void run(
            MemorySegment g,
            MemorySegment result,
            MemorySegment src,
            MemorySegment gamma,
            MemorySegment beta,
            MemorySegment mean,
            MemorySegment inverseStd,
            MemorySegment weight,
            MemorySegment dSrc,
            MemorySegment dWeight,
            MemorySegment dGamma,
            MemorySegment dBeta,
            MemorySegment weightScratch,
            MemorySegment dataScratch,
            MemorySegment planes) {
        before.begin(gamma, beta, mean, inverseStd);
        weightPass.begin(weightScratch);
        dataPass.prepare(weight, dataScratch);
        int pixels = y.out * x.out;
        long activated = (long) y.src * x.src * BYTES;
        long slope = activated + (long) pixels * BYTES;
        for (int i = 0; i < n; i++) {
            for (int b = 0; b < Lanes.blocks(c); b++) {
                long p = (long) i * Lanes.blocks(c) + b;
                long s = p * pixels * BYTES;
                after.apply(b, g, result, p * y.src * x.src * BYTES, planes, 0);
                NormalizedSlope.run(act, before.normalizer(), b, src, s, planes, activated, slope, pixels);
                weightPass.plane(b, planes, activated, planes, 0, weightScratch);
                dataPass.plane(b, planes, 0, dSrc, s, dataScratch);
                before.reduceSloped(b, dSrc, src, s, planes, slope);
            }
            weightPass.imageDone(weightScratch);
        }
        weightPass.end(dWeight, weightScratch);
        before.finish(inverseStd, dGamma, dBeta);
        before.apply(dSrc, src, dSrc);
    }
}
