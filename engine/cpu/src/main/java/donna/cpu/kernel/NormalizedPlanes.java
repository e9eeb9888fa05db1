package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;

/**
 * What stands before and behind a convolution that is run a piece at a time, a piece being a range of planes of blocked
 * images: batch norm with given statistics and activation of its source, and the moments of its result.
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
        return NormalizedSlope.supports(act) && (long) h * w * BYTES <= LARGEST_PLANE;
    }

    /** Of the results since the last {@link #begin}. */
    public ChannelMoments moments() {
        return moments;
    }

    public void begin(MemorySegment gamma, MemorySegment beta, MemorySegment mean, MemorySegment inverseStd) {
        normalizer.set(gamma, beta, mean, inverseStd);
        moments.clear();
    }

    /** {@code piece = act(norm(src))} for planes {@code [first, first + count)}, which begin with plane {@code at} of src; piece may be src if that is 0. */
    public void normalize(int first, int count, MemorySegment src, int at, MemorySegment piece) {
        long plane = (long) pixels * BYTES;
        for (int p = 0; p < count; p++) {
            normalizer.apply(act, (first + p) % blocks, src, (at + p) * plane, piece, p * plane, pixels);
        }
    }

    /** Takes the moments of these planes of the result; the first image comes first. */
    public void measure(int first, int count, MemorySegment dst) {
        moments.planes(first, count, dst, dstHeight, dstWidth);
    }
}
