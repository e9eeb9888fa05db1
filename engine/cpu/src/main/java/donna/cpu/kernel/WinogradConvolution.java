package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.WinogradTransforms.GRID;
import static donna.cpu.kernel.WinogradTransforms.POINTS;
import static donna.cpu.kernel.WinogradTransforms.TAPS;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A dense 3x3 convolution of stride 1, or the gradient of its source, by {@link WinogradTransforms}: 16 products for each tile of four outputs instead of 36.
 * Images are blocked; weights are transformed into memory of the caller's as {@code [point][block of out][in][L]}. An object is used by one thread at a time.
 */
public final class WinogradConvolution {
    private static final int LEAST_TILES = 16;

    /** Half a second-level cache. */
    private static final long SOURCE_BYTES = 384 << 10;

    private final WinogradTiles tiles;
    private final boolean backward;
    private final BiasActivation epilogue;
    private final PointwisePass products;
    private final Optional<ChannelMoments> moments;

    private WinogradConvolution(WinogradTiles tiles, boolean backward, boolean bias, Activation act, boolean measures) {
        this.tiles = tiles;
        this.backward = backward;
        epilogue = new BiasActivation(tiles.out, bias, act);
        products = PointwisePass.of(tiles.in, tiles.out, tiles.tiles());
        moments = measures ? Optional.of(new ChannelMoments(tiles.out)) : Optional.empty();
    }

    /**
     * Of {@code images} images of {@code in} channels, {@code h} times {@code w} pixels; padding is at most 2.
     *
     * @param measures whether a run takes the {@link #moments} of its result
     */
    public static WinogradConvolution forward(
            int images, int in, int out, int h, int w, int padding, boolean bias, Activation act, boolean measures) {
        return new WinogradConvolution(tiles(images, in, out, h, w, padding), false, bias, act, measures);
    }

    /** From the gradient of that convolution's result to that of its source; arguments as there. */
    public static WinogradConvolution backwardData(int images, int in, int out, int h, int w, int padding) {
        int rest = TAPS - 1 - padding;
        WinogradTiles gradient = tiles(images, out, in, h + 2 * padding - TAPS + 1, w + 2 * padding - TAPS + 1, rest);
        return new WinogradConvolution(gradient, true, false, Activation.NONE, false);
    }

    private static WinogradTiles tiles(int images, int in, int out, int h, int w, int padding) {
        return new WinogradTiles(images, in, out, h, w, padding, LEAST_TILES, SOURCE_BYTES);
    }

    /** Of the results of the last run, if it takes them. */
    public Optional<ChannelMoments> moments() {
        return moments;
    }

    /** Bytes of the transformed weights. */
    public long weightBytes() {
        return POINTS * products.weightBytes();
    }

    /** Scratch bytes of a run. */
    public long scratchBytes() {
        return tiles.paddedBytes() + tiles.sourceBytes() + POINTS * tiles.pointBytes(PointwisePass.PLANES);
    }

    /**
     * Transforms the weights.
     *
     * @param taps forward {@code [block of out][in][3][3][L]}; backward {@code [out][block of in][3][3][L]} of the convolution whose gradient this is
     */
    public void begin(MemorySegment taps, MemorySegment weight) {
        int blocks = Lanes.blocks(tiles.out);
        long filter = (long) TAPS * TAPS * BYTES;
        long point = products.weightBytes();
        for (int b = 0; b < blocks; b++) {
            long to = (long) b * tiles.in * BYTES;
            if (backward) {
                long from = b * filter;
                long step = blocks * filter;
                long last = filter - BYTES;
                WinogradTransforms.WEIGHT.run(
                        taps, from + last, -TAPS * BYTES, -BYTES, step, from + last + tiles.in * step, weight, to, GRID * point, point, BYTES);
            } else {
                long from = b * tiles.in * filter;
                WinogradTransforms.WEIGHT.run(
                        taps, from, TAPS * BYTES, BYTES, filter, from + tiles.in * filter, weight, to, GRID * point, point, BYTES);
            }
        }
    }

    /** {@code act(conv(src) + bias)} with transformed weights; {@code bias} counts only where there is one. */
    public void run(MemorySegment src, MemorySegment weight, MemorySegment bias, MemorySegment dst, MemorySegment scratch) {
        long source = tiles.paddedBytes();
        long result = source + tiles.sourceBytes();
        int blocks = Lanes.blocks(tiles.out);
        epilogue.begin(bias);
        moments.ifPresent(ChannelMoments::clear);
        for (int first = 0; first < tiles.images; first += tiles.group) {
            tiles.source(src, first, scratch, 0, source);
            for (int b = 0; b < blocks; b += PointwisePass.PLANES) {
                int count = Math.min(PointwisePass.PLANES, blocks - b);
                for (int p = 0; p < POINTS; p++) {
                    long s = source + p * tiles.pointBytes(Lanes.blocks(tiles.in));
                    products.run(s, p * blocks + b, count, scratch, weight, scratch, result + p * tiles.pointBytes(count));
                }
                tiles.result(scratch, result, count, 0, dst, first, b);
                finish(dst, first, b, count);
            }
        }
    }

    private void finish(MemorySegment dst, int first, int block, int count) {
        int pixels = tiles.outH * tiles.outW;
        for (int i = first; i < first + tiles.group; i++) {
            for (int b = block; b < block + count; b++) {
                int plane = i * Lanes.blocks(tiles.out) + b;
                epilogue.apply(b, dst, (long) plane * pixels * BYTES, pixels);
                if (moments.isPresent()) {
                    moments.get().planes(plane, 1, dst, tiles.outH, tiles.outW);
                }
            }
        }
    }
}
