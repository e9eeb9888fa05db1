package donna.cuda;

import donna.kernels.Launch;

/**
 * How blocks share sums over the rows of a matrix: {@code chunks} parts of its rows, each of which a row of blocks adds up, so many as fill a large card.
 *
 * @param launch blocks of {@code blockX} threads side by side, and as many rows at a time as a block has room for
 */
record RowSums(int chunks, Launch launch) {
    /** A warp's threads side by side read whole lines of memory. */
    private static final int SIDE_BY_SIDE = 32;

    /** Rows of a chunk for each row of threads, at least: fewer are not worth a block. */
    private static final int LEAST_ROWS = 16;

    /** For a large block, the same. */
    private static final int FEW_ROWS = 4;

    private static final int MOST_BLOCKS = 528;

    /** Threads of a block that has many rows to add up by itself. */
    private static final int LARGE_BLOCK = 1024;

    /** @param width neighbouring columns of a thread */
    static RowSums of(int rows, int columns, int width) {
        Launch one = launch(1, columns, width, Launch.BLOCK);
        int chunks = Math.clamp(rows / (LEAST_ROWS * one.blockY()), 1, Math.max(1, MOST_BLOCKS / one.gridX()));
        return new RowSums(chunks, new Launch(one.gridX(), chunks, 1, one.blockX(), one.blockY()));
    }

    /** A launch that adds up all rows of each of {@code samples} matrices, eight columns a thread where that divides their number. */
    static Launch ofSamples(int samples, int rows, int columns) {
        int width = columns % 8 == 0 ? 8 : 1;
        Launch large = launch(samples, columns, width, LARGE_BLOCK);
        return rows < FEW_ROWS * large.blockY() ? launch(samples, columns, width, Launch.BLOCK) : large;
    }

    private static Launch launch(int samples, int columns, int width, int block) {
        int threads = columns / width;
        int tiles = Math.ceilDiv(threads, SIDE_BY_SIDE);
        int across = Math.ceilDiv(threads, tiles);
        return new Launch(tiles, samples, 1, across, block / across);
    }
}
