package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import java.lang.foreign.MemorySegment;

/**
 * Batch norm with given statistics, activation and depthwise convolution, plane by plane: what lies between them is
 * never stored, and the moments of the result, for the batch norm after it, are taken while a plane is in the cache. src
 * and dst are blocked, the weight is plain {@code [C, 1, K, K]}; the rest is plain {@code [C]}.
 */
public final class NormDepthwiseForward {
    private static final int LARGEST_PLANE = 256 << 10;

    private final int n;
    private final int c;
    private final Axis y;
    private final Axis x;
    private final Activation act;
    private final DepthwisePass pass;
    private final Normalizer normalizer;
    private final ChannelMoments moments;

    public NormDepthwiseForward(int n, int c, int h, int w, int kernel, ConvGeometry geometry, Activation act) {
        this.n = n;
        this.c = c;
        this.act = act;
        y = Axis.forward(h, kernel, geometry);
        x = Axis.forward(w, kernel, geometry);
        pass = new DepthwisePass(c, kernel, y, x);
        normalizer = new Normalizer(c);
        moments = new ChannelMoments(c);
    }

    /** Whether this kernel and its gradient are made for planes of {@code h} times {@code w} pixels and {@code act}. */
    public static boolean supports(int h, int w, Activation act) {
        return NormalizedSlope.supports(act) && (long) h * w * BYTES <= LARGEST_PLANE;
    }

    /** Of the result of the last run. */
    public ChannelMoments moments() {
        return moments;
    }

    /** Scratch bytes of a run. */
    public long scratchBytes() {
        return pass.scratchBytes() + (long) y.src * x.src * BYTES;
    }

    /** {@code dst = conv(act(norm(src)), weight)}. */
    public void run(
            MemorySegment src,
            MemorySegment gamma,
            MemorySegment beta,
            MemorySegment mean,
            MemorySegment inverseStd,
            MemorySegment weight,
            MemorySegment dst,
            MemorySegment scratch) {
        normalizer.set(gamma, beta, mean, inverseStd);
        pass.prepare(weight, scratch);
        moments.clear();
        int pixels = y.src * x.src;
        long normalized = pass.scratchBytes();
        for (int i = 0; i < n; i++) {
            for (int b = 0; b < Lanes.blocks(c); b++) {
                long p = (long) i * Lanes.blocks(c) + b;
                long d = p * y.out * x.out * BYTES;
                normalizer.apply(act, b, src, p * pixels * BYTES, scratch, normalized, pixels);
                pass.plane(b, scratch, normalized, dst, d, scratch);
                moments.plane(i, b, dst, d, y.out, x.out);
            }
        }
    }
}
