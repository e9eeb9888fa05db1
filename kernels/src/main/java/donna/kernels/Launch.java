package donna.kernels;

/**
 * Blocks and threads of a launch.
 *
 * @param gridX blocks, at most 2^31 - 1
 * @param gridY blocks, at most 65535, as is {@code gridZ}
 * @param blockX threads, {@code blockX * blockY} at most 1024
 */
public record Launch(int gridX, int gridY, int gridZ, int blockX, int blockY) {
    /** Threads of a block that treats elements or one row. */
    public static final int BLOCK = 256;

    /** Channels side by side in a block that treats channels. */
    public static final int LANES = 32;

    /** Rows at a time in a block that treats channels. */
    public static final int ROWS = 8;

    /** Elements of a tensor that one block of a launch for many tensors treats, at most. */
    public static final int PIECE = 4096;

    private static final int LARGEST_YZ = 65535;

    public Launch {
        if (gridX < 1 || gridY < 1 || gridZ < 1 || gridY > LARGEST_YZ || gridZ > LARGEST_YZ) {
            throw new IllegalArgumentException("a grid of " + gridX + " x " + gridY + " x " + gridZ + " blocks; expected at least 1 and, in y and z, at most "
                    + LARGEST_YZ + ": use smaller batches");
        }
    }

    /** A thread per element. */
    public static Launch elements(long count) {
        return new Launch(Math.toIntExact(Math.ceilDiv(count, BLOCK)), 1, 1, BLOCK, 1);
    }

    /** A thread per eight elements, the last of which may be missing. */
    public static Launch eights(long count) {
        return elements(Math.ceilDiv(count, 8));
    }

    /** A warp per row. */
    public static Launch warps(int rows) {
        return elements(32L * rows);
    }

    /** A block per row. */
    public static Launch rows(long count) {
        return new Launch(Math.toIntExact(count), 1, 1, BLOCK, 1);
    }

    /** Tiles of channels, {@code y} by {@code z} times. */
    public static Launch channels(int channels, int y, int z) {
        return new Launch(Math.ceilDiv(channels, LANES), y, z, LANES, ROWS);
    }

    /** LANES threads below each other for each column. */
    public static Launch columns(int columns) {
        return new Launch(Math.ceilDiv(columns, LANES), 1, 1, LANES, LANES);
    }

    /** Tiles of LANES x LANES of {@code samples} matrices. */
    public static Launch tiles(int rows, int columns, int samples) {
        return new Launch(Math.ceilDiv(columns, LANES), Math.ceilDiv(rows, LANES), samples, LANES, ROWS);
    }
}
