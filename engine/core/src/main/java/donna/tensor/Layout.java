package donna.tensor;

/**
 * Order of a tensor's elements in memory. {@link #PLAIN} is row-major. A blocked layout holds a {@code [N, C, H, W]}
 * tensor as {@code [N, ceil(C / block), H, W, block]} ("nChw16c" for 16): the channels of a block are neighbours,
 * missing channels are zero. {@link #CHANNELS_LAST} has all channels in one block, and none missing.
 *
 * @param block channels in a block; 1 is plain
 */
public record Layout(int block) {
    /** Row-major. */
    public static final Layout PLAIN = new Layout(1);

    /** {@code [N, H, W, C]}. */
    public static final Layout CHANNELS_LAST = new Layout(1 << 30);

    public Layout {
        if (block < 1 || Integer.bitCount(block) != 1) {
            throw new DonnaException.ShapeMismatch("layout block " + block + " is not a power of two");
        }
    }

    /** Elements stored for {@code shape}, the zeros of an incomplete last block included. */
    public long elements(Shape shape) {
        if (block == 1) {
            return shape.elements();
        }
        if (shape.rank() != 4) {
            throw new DonnaException.ShapeMismatch("a blocked layout takes [N, C, H, W]; got " + shape);
        }
        return (long) shape.dim(0) * paddedChannels(shape) * shape.dim(2) * shape.dim(3);
    }

    /** Channels rounded up to whole blocks. */
    public int paddedChannels(Shape shape) {
        int width = width(shape);
        return (shape.dim(1) + width - 1) / width * width;
    }

    private int width(Shape shape) {
        return block == CHANNELS_LAST.block ? shape.dim(1) : block;
    }

    /** Position of element (n, c, y, x) of a {@code [N, C, H, W]} tensor. */
    public long index(Shape shape, int n, int c, int y, int x) {
        int width = width(shape);
        long blocks = paddedChannels(shape) / width;
        return (((n * blocks + c / width) * shape.dim(2) + y) * shape.dim(3) + x) * width + c % width;
    }

    @Override
    public String toString() {
        return block == 1 ? "plain" : block == CHANNELS_LAST.block ? "channels last" : "c" + block;
    }
}
