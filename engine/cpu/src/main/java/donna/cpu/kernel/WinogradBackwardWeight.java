package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.WinogradTransforms.GRID;
import static donna.cpu.kernel.WinogradTransforms.POINTS;
import static donna.cpu.kernel.WinogradTransforms.TAPS;

import java.lang.foreign.MemorySegment;

/**
 * Gradient of a dense 3x3 convolution's weight, stride 1, by {@link WinogradTransforms}: sums of products of transformed pixels and transformed gradients, which
 * are transformed back to taps. Images are blocked. Immutable.
 */
public final class WinogradBackwardWeight {
    /** So many that loading and storing the sums costs little beside the products. */
    private static final int LEAST_TILES = 192;

    private static final long SOURCE_BYTES = 1 << 20;

    private final WinogradTiles tiles;
    private final PointwiseBackwardWeight products;

    /** Of {@code images} images of {@code in} channels, {@code h} times {@code w} pixels; padding is at most 2. */
    public WinogradBackwardWeight(int images, int in, int out, int h, int w, int padding) {
        tiles = new WinogradTiles(images, in, out, h, w, padding, LEAST_TILES, SOURCE_BYTES);
        products = new PointwiseBackwardWeight(in, POINTS * Lanes.blocks(out) * L, tiles.tiles());
    }

    /** Scratch bytes of a run. */
    public long scratchBytes() {
        return products.sumBytes() + 2 * tiles.paddedBytes() + tiles.sourceBytes() + POINTS * tiles.pointBytes(PointwisePass.PLANES);
    }

    /** Writes {@code taps}, {@code [block of out][in][3][3][L]}. */
    public void run(MemorySegment src, MemorySegment dDst, MemorySegment taps, MemorySegment scratch) {
        long padded = products.sumBytes();
        long paddedGradient = padded + tiles.paddedBytes();
        long source = paddedGradient + tiles.paddedBytes();
        long gradient = source + tiles.sourceBytes();
        int blocks = Lanes.blocks(tiles.out);
        products.begin(scratch);
        tiles.clear(scratch, paddedGradient);
        for (int first = 0; first < tiles.images; first += tiles.group) {
            tiles.source(src, first, scratch, padded, source);
            for (int b = 0; b < blocks; b += PointwisePass.PLANES) {
                int count = Math.min(PointwisePass.PLANES, blocks - b);
                tiles.gradient(dDst, first, b, count, scratch, paddedGradient, gradient);
                for (int p = 0; p < POINTS; p++) {
                    long s = source + p * tiles.pointBytes(Lanes.blocks(tiles.in));
                    products.run(p * blocks + b, count, scratch, s, scratch, gradient + p * tiles.pointBytes(count), scratch);
                }
            }
        }
        taps(scratch, taps);
    }

    private void taps(MemorySegment sums, MemorySegment taps) {
        long plane = (long) tiles.in * BYTES;
        long point = Lanes.blocks(tiles.out) * plane;
        long filter = (long) TAPS * TAPS * BYTES;
        for (int b = 0; b < Lanes.blocks(tiles.out); b++) {
            long from = b * plane;
            WinogradTransforms.WEIGHT_GRADIENT.run(
                    sums, from, GRID * point, point, BYTES, from + plane, taps, b * tiles.in * filter, (long) TAPS * BYTES, BYTES, filter);
        }
    }
}
