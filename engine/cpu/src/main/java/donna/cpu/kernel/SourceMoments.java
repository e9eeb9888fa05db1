package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The channels' means of blocked images, the images less these, and the products of the channels of those. Not thread-safe.
 */
public final class SourceMoments {
    private final int n;
    private final int c;
    private final int h;
    private final int w;
    private final ChannelMoments moments;
    private final float[] means;
    private final PointwiseBackwardWeight products;

    public SourceMoments(int n, int c, int h, int w) {
        this.n = n;
        this.c = c;
        this.h = h;
        this.w = w;
        moments = new ChannelMoments(c);
        means = Lanes.perChannel(c);
        products = new PointwiseBackwardWeight(c, c, h * w);
    }

    /** Bytes of an image. */
    public long imageBytes() {
        return Lanes.blockedBytes(1, c, h, w);
    }

    /** Bytes of {@link #run}'s sums. */
    public long sumBytes() {
        return products.sumBytes();
    }

    /**
     * Writes the means in a row and, in rows behind it, the sums over all pixels of the products of two channels, both less their means.
     *
     * @param result {@code [1 + c, c]}
     * @param image room for an image
     */
    public void run(MemorySegment src, MemorySegment result, MemorySegment image, MemorySegment sums) {
        int blocks = Lanes.blocks(c);
        moments.clear();
        moments.planes(0, n * blocks, src, h, w);
        for (int i = 0; i < c; i++) {
            Lanes.set(result, i, (float) moments.mean(i, (long) n * h * w));
        }
        take(result);
        products.begin(sums);
        for (int i = 0; i < n; i++) {
            centre(i, src, image);
            for (int b = 0; b < blocks; b += PointwisePass.PLANES) {
                products.planes(b, Math.min(PointwisePass.PLANES, blocks - b), image, image, b, sums);
            }
        }
        products.end(sums, result, c);
    }

    /** Takes the means in {@link #run}'s result for {@link #centre}. */
    public void take(MemorySegment result) {
        Lanes.toPadded(result, c, means);
    }

    /** {@code dst} becomes image {@code i} of src less the means. */
    public void centre(int i, MemorySegment src, MemorySegment dst) {
        long plane = (long) h * w * BYTES;
        for (int b = 0; b < Lanes.blocks(c); b++) {
            centre(b * Lanes.L, src, i * imageBytes() + b * plane, dst, b * plane, plane);
        }
    }

    private void centre(int ch, MemorySegment src, long s, MemorySegment dst, long d, long bytes) {
        FloatVector m = FloatVector.fromArray(SPECIES, means, ch);
        for (long at = 0; at < bytes; at += BYTES) {
            FloatVector.fromMemorySegment(SPECIES, src, s + at, ORDER).sub(m).intoMemorySegment(dst, d + at, ORDER);
        }
    }
}
