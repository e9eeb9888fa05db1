package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;

import java.lang.foreign.MemorySegment;

/**
 * A 1x1 convolution of blocked images, some output planes at a time. The weight is {@code [out, in]}; it is packed into memory of the
 * caller's as {@code [block][in][L]}. Immutable.
 */
public final class PointwisePass {
    /** Output planes that one call takes at most. */
    public static final int PLANES = PointwiseKernels.PLANES;

    private final int in;
    private final int out;
    private final int pixels;
    private final boolean adding;
    private final int wide;
    private final int wideTiles;
    private final PointwiseProduct[] wideKernels;
    private final PointwiseProduct[] narrowKernels;

    private PointwisePass(int in, int out, int pixels, boolean adding) {
        this.in = in;
        this.out = out;
        this.pixels = pixels;
        this.adding = adding;
        int most = PointwiseKernels.mostPixels(adding);
        int tiles = (pixels + most - 1) / most;
        wide = (pixels + tiles - 1) / tiles;
        wideTiles = tiles - (tiles * wide - pixels);
        wideKernels = kernels(wide, adding);
        narrowKernels = wideTiles == tiles ? wideKernels : kernels(wide - 1, adding);
    }

    private static PointwiseProduct[] kernels(int pixels, boolean adding) {
        PointwiseProduct[] all = new PointwiseProduct[PLANES];
        for (int i = 0; i < PLANES; i++) {
            all[i] = PointwiseKernels.product(pixels, i + 1, adding);
        }
        return all;
    }

    /** The convolution of images of {@code pixels} pixels. */
    public static PointwisePass of(int in, int out, int pixels) {
        return new PointwisePass(in, out, pixels, false);
    }

    /** The same plus a number for each output channel, added to what is there. */
    public static PointwisePass adding(int in, int out, int pixels) {
        return new PointwisePass(in, out, pixels, true);
    }

    /** Vectors of weights of an output plane. */
    private int rows() {
        return adding ? in + 1 : in;
    }

    /** Bytes of the packed weights. */
    public long weightBytes() {
        return (long) Lanes.blocks(out) * rows() * BYTES;
    }

    /** Packs row-major weights. */
    public void begin(MemorySegment weight, MemorySegment packed) {
        pack(weight, in, 1, packed);
    }

    /** The same of the convolution whose data gradient this is, {@code [in, out]}. */
    void beginTransposed(MemorySegment weight, MemorySegment packed) {
        pack(weight, 1, out, packed);
    }

    private void pack(MemorySegment weight, long outStep, long inStep, MemorySegment packed) {
        int first = rows() - in;
        for (int o = 0; o < Lanes.blocks(out) * L; o++) {
            long to = ((long) o / L * rows() + first) * L + o % L;
            for (int i = 0; i < in; i++) {
                Lanes.set(packed, to + (long) i * L, o < out ? Lanes.get(weight, o * outStep + i * inStep) : 0);
            }
        }
    }

    /** {@link #begin}, and {@code shift}, which is added to each output channel. */
    public void begin(MemorySegment weight, MemorySegment shift, MemorySegment packed) {
        begin(weight, packed);
        for (int o = 0; o < Lanes.blocks(out) * L; o++) {
            Lanes.set(packed, (long) o / L * rows() * L + o % L, o < out ? Lanes.get(shift, o) : 0);
        }
    }

    /** Output planes {@code [block, block + count)} of image {@code image} of src, which are plane {@code at} of dst and those behind it. */
    public void planes(int image, int block, int count, MemorySegment src, MemorySegment packed, MemorySegment dst, int at) {
        long plane = (long) pixels * BYTES;
        run(image * Lanes.blocks(in) * plane, block, count, src, packed, dst, at * plane);
    }

    /** The same with the places in bytes: {@code s} of the image, {@code d} of the first plane of dst. */
    void run(long s, int block, int count, MemorySegment src, MemorySegment packed, MemorySegment dst, long d) {
        long plane = (long) pixels * BYTES;
        long weights = (long) rows() * BYTES;
        long w = block * weights;
        long widePart = (long) wideTiles * wide * BYTES;
        wideKernels[count - 1].run(src, s, plane, packed, w, w + weights, weights, dst, d, d + widePart, plane);
        narrowKernels[count - 1].run(src, s + widePart, plane, packed, w, w + weights, weights, dst, d + widePart, d + plane, plane);
    }
}
