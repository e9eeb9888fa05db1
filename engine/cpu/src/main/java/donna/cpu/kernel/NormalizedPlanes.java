package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;

/**
 * What stands before and behind a convolution that is run a plane of blocked images at a time: batch norm with given
 * statistics and activation of its source, and the moments of its result.
 */
public final class NormalizedPlanes {
    private static final int LARGEST_PLANE = 256 << 10;

    private final int blocks;
    private final int pixels;
    private final int dstHeight;
    private final int dstWidth;
    private final Activation act;
    private final Normalizer normalizer;
    private final ChannelMoments moments;

    /** {@code c} channels of {@code h} times {@code w} pixels, then {@code dstHeight} times {@code dstWidth}. */
    public NormalizedPlanes(int c, int h, int w, int dstHeight, int dstWidth, Activation act) {
        this.blocks = Lanes.blocks(c);
        this.pixels = h * w;
        this.dstHeight = dstHeight;
        this.dstWidth = dstWidth;
        this.act = act;
        normalizer = new Normalizer(c);
        moments = new ChannelMoments(c);
    }

    /** Whether this class and its gradient are made for planes of {@code h} times {@code w} pixels and {@code act}. */
    public static boolean supports(int h, int w, Activation act) {
        return (Activations.clamps(act) || NormalizedSlope.supports(act)) && (long) h * w * BYTES <= LARGEST_PLANE;
    }

    /** Of the results since the last {@link #begin}. */
    public ChannelMoments moments() {
        return moments;
    }

    public void begin(MemorySegment gamma, MemorySegment beta, MemorySegment mean, MemorySegment inverseStd) {
        normalizer.set(gamma, beta, mean, inverseStd);
        moments.clear();
    }

    /** {@code plane = act(norm(src))} for plane {@code p}, which is plane {@code at} of src. */
    public void normalize(int p, MemorySegment src, int at, MemorySegment plane) {
        normalizer.apply(act, p % blocks, src, (long) at * pixels * BYTES, plane, 0, pixels);
    }

    /** Takes the moments of plane {@code p} of the result; the first image comes first. */
    public void measure(int p, MemorySegment dst) {
        moments.planes(p, 1, dst, dstHeight, dstWidth);
    }
}
