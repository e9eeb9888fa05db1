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
    private static final int LEAST_ROWS = 4;

    private static final int MOST_BLOCKS = 528;

    /** @param width neighbouring columns of a thread */
    static RowSums of(int rows, int columns, int width) {
        int threads = columns / width;
        int tiles = Math.ceilDiv(threads, SIDE_BY_SIDE);
        int across = Math.ceilDiv(threads, tiles);
        int down = Launch.BLOCK / across;
        int chunks = Math.clamp(rows / (LEAST_ROWS * down), 1, Math.max(1, MOST_BLOCKS / tiles));
        return new RowSums(chunks, new Launch(tiles, chunks, 1, across, down));
    }
}
