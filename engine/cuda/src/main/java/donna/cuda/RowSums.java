package donna.cuda;

import donna.kernels.Launch;

/**
 * How blocks share sums over the rows of matrices: {@code chunks} parts of the rows of each, each of which a block adds up for a tile of columns, so many as
 * fill a large card. The last block of a tile adds up its chunks.
 *
 * @param width neighbouring columns of a thread
 * @param launch tiles by matrices by chunks, of blocks of {@code blockX} threads side by side and {@code blockY} rows at a time
 */
record RowSums(int width, int chunks, Launch launch) {
    /** Columns of a tile: few enough that its last block has little to add up, and whole lines of memory. */
    private static final int TILE = 64;

    /** A warp's threads side by side. */
    private static final int SIDE_BY_SIDE = 32;

    /** Rows whose loads a thread has under way at once: fewer are not worth a thread. */
    private static final int LEAST_ROWS = 4;

    /** Rows of a thread that are worth a further block. */
    private static final int ENOUGH_ROWS = 8;

    private static final int MOST_BLOCKS = 528;

    /** @param widest neighbouring columns of a thread where that divides their number, else one */
    static RowSums of(int rows, int columns, int widest) {
        int width = columns % widest == 0 ? widest : 1;
        return of(1, rows, columns, width, Math.min(TILE / width, SIDE_BY_SIDE));
    }

    /** Of each of {@code samples} matrices. */
    static RowSums ofSamples(int samples, int rows, int columns) {
        return of(samples, rows, columns, columns % 8 == 0 ? 8 : 1, SIDE_BY_SIDE);
    }

    private static RowSums of(int samples, int rows, int columns, int width, int sideBySide) {
        int threads = columns / width;
        int tiles = Math.ceilDiv(threads, sideBySide);
        int across = Math.ceilDiv(threads, tiles);
        int below = Math.clamp(Math.ceilDiv(rows, LEAST_ROWS), 1, Launch.BLOCK / across);
        int chunks = Math.clamp(Math.ceilDiv(rows, ENOUGH_ROWS * below), 1, Math.max(1, MOST_BLOCKS / (tiles * samples)));
        return new RowSums(width, chunks, new Launch(tiles, samples, chunks, across, below));
    }

    /** Floats for what the blocks leave to the last of them, {@code each} of each column. */
    long partials(int each) {
        return (long) each * width * launch.blockX() * launch.gridX() * launch.gridY() * chunks;
    }
}
