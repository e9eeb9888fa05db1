package donna.ffi;

/**
 * How many threads run a kernel.
 *
 * @param sharedBytes dynamic shared memory of a block
 */
public record LaunchShape(int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int sharedBytes) {
    /** A row of blocks that are rows of threads. */
    public static LaunchShape linear(int blocks, int threads) {
        return new LaunchShape(blocks, 1, 1, threads, 1, 1, 0);
    }
}
