package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.WinogradTransforms.GRID;
import static donna.cpu.kernel.WinogradTransforms.OUTPUTS;
import static donna.cpu.kernel.WinogradTransforms.POINTS;
import static donna.cpu.kernel.WinogradTransforms.TAPS;

import java.lang.foreign.MemorySegment;

/**
 * How the images of a 3x3 convolution are cut into tiles of 2x2 outputs, a group of images at a time. Transformed planes are {@code [point][block][tile][L]}.
 * Immutable.
 */
final class WinogradTiles {
    final int images;
    final int in;
    final int out;
    final int padding;
    final int h;
    final int w;
    /** Of the result. */
    final int outH;

    final int outW;
    final int rows;
    final int columns;
    /** Images that are transformed together; divides {@link #images}. */
    final int group;

    /**
     * {@code h} and {@code w} are the source's.
     *
     * @param leastTiles of a group, as far as there are so many in a number of images that divides them all
     * @param sourceBytes of a group's transformed source at most, unless these are too few tiles
     */
    WinogradTiles(int images, int in, int out, int h, int w, int padding, int leastTiles, long sourceBytes) {
        this.images = images;
        this.in = in;
        this.out = out;
        this.padding = padding;
        this.h = h;
        this.w = w;
        outH = h + 2 * padding - TAPS + 1;
        outW = w + 2 * padding - TAPS + 1;
        rows = (outH + OUTPUTS - 1) / OUTPUTS;
        columns = (outW + OUTPUTS - 1) / OUTPUTS;
        long image = (long) POINTS * Lanes.blocks(in) * rows * columns * BYTES;
        int wanted = Math.clamp(Math.max(sourceBytes / image, (leastTiles - 1) / (rows * columns) + 1), 1, images);
        while (images % wanted != 0) {
            wanted--;
        }
        group = wanted;
    }

    /** Tiles of a group of images. */
    int tiles() {
        return group * rows * columns;
    }

    /** Between two tiles' rows. */
    long rowBytes() {
        return (long) columns * BYTES;
    }

    /** Of a transformed plane at one point. */
    long planeBytes() {
        return (long) tiles() * BYTES;
    }

    /**
     * From one point to the next of {@code blocks} planes: an odd number of vectors, because what is written in turn would fall into a few sets of the cache
     * otherwise.
     */
    long pointBytes(int blocks) {
        return ((long) tiles() * blocks | 1) * BYTES;
    }

    /** Of the transformed source. */
    long sourceBytes() {
        return POINTS * pointBytes(Lanes.blocks(in));
    }

    private int paddedWidth() {
        return columns * OUTPUTS + GRID - OUTPUTS;
    }

    /** Of a source plane with its borders; a plane of whole tiles of results needs no more. */
    long paddedBytes() {
        return (long) (rows * OUTPUTS + GRID - OUTPUTS) * paddedWidth() * BYTES;
    }

    /** Transforms the images from {@code first} on: to bytes from {@code points} on of scratch, in which {@code padded} is room for a plane. */
    void source(MemorySegment src, int first, MemorySegment scratch, long padded, long points) {
        clear(scratch, padded);
        int blocks = Lanes.blocks(in);
        for (int i = 0; i < group; i++) {
            for (int b = 0; b < blocks; b++) {
                copyRows(src, ((long) (first + i) * blocks + b) * h, w, h, scratch, padded, padding);
                long to = points + b * planeBytes() + (long) i * rows * rowBytes();
                plane(WinogradTransforms.SOURCE, scratch, padded, to, pointBytes(blocks));
            }
        }
    }

    /** Zeroes the room for a plane. */
    void clear(MemorySegment scratch, long padded) {
        Lanes.clear(scratch, padded, paddedBytes() / BYTES);
    }

    private void plane(TileTransform transform, MemorySegment scratch, long padded, long to, long point) {
        long row = paddedWidth() * (long) BYTES;
        long step = (long) OUTPUTS * BYTES;
        for (int y = 0; y < rows; y++) {
            long s = padded + y * OUTPUTS * row;
            transform.run(scratch, s, row, BYTES, step, s + columns * step, scratch, to + y * rowBytes(), GRID * point, point, BYTES);
        }
    }

    /** Copies a plane to {@code border} pixels from the corner. */
    private void copyRows(MemorySegment src, long firstRow, int width, int count, MemorySegment scratch, long padded, int border) {
        for (int y = 0; y < count; y++) {
            long to = padded + ((long) (border + y) * paddedWidth() + border) * BYTES;
            MemorySegment.copy(src, (firstRow + y) * width * BYTES, scratch, to, (long) width * BYTES);
        }
    }

    /**
     * Transforms the gradient of planes {@code [block, block + count)} of the result's images from {@code first} on.
     *
     * @param padded room for a plane that {@link #clear} has zeroed
     */
    void gradient(MemorySegment dDst, int first, int block, int count, MemorySegment scratch, long padded, long points) {
        for (int i = 0; i < group; i++) {
            for (int b = 0; b < count; b++) {
                copyRows(dDst, ((long) (first + i) * Lanes.blocks(out) + block + b) * outH, outW, outH, scratch, padded, 0);
                long to = points + b * planeBytes() + (long) i * rows * rowBytes();
                plane(WinogradTransforms.RESULT_GRADIENT, scratch, padded, to, pointBytes(count));
            }
        }
    }

    /** Transforms planes {@code [block, block + count)} back into the result's images from {@code first} on. */
    void result(MemorySegment scratch, long points, int count, long padded, MemorySegment dst, int first, int block) {
        boolean whole = outH % OUTPUTS == 0 && outW % OUTPUTS == 0;
        for (int i = 0; i < group; i++) {
            for (int b = 0; b < count; b++) {
                long from = points + b * planeBytes() + (long) i * rows * rowBytes();
                long plane = ((long) (first + i) * Lanes.blocks(out) + block + b) * outH;
                if (whole) {
                    resultPlane(scratch, from, pointBytes(count), dst, plane * outW * BYTES, outW);
                } else {
                    resultPlane(scratch, from, pointBytes(count), scratch, padded, paddedWidth());
                    for (int y = 0; y < outH; y++) {
                        long row = padded + (long) y * paddedWidth() * BYTES;
                        MemorySegment.copy(scratch, row, dst, (plane + y) * outW * BYTES, (long) outW * BYTES);
                    }
                }
            }
        }
    }

    private void resultPlane(MemorySegment scratch, long from, long point, MemorySegment dst, long to, int width) {
        long row = (long) width * BYTES;
        for (int y = 0; y < rows; y++) {
            long s = from + y * rowBytes();
            WinogradTransforms.RESULT.run(
                    scratch, s, GRID * point, point, BYTES, s + rowBytes(), dst, to + y * OUTPUTS * row, row, BYTES, (long) OUTPUTS * BYTES);
        }
    }
}
