package donna.kernels;

/**
 * How a depthwise kernel's work is laid out; it follows from the shape alone. A block has {@code groups} groups of neighbouring channels, one of
 * {@code tiles} tiles of them, by {@code lines} strips; a thread goes down a band of {@code rows} rows of one strip.
 *
 * @param strips side by side in a row
 * @param bands above each other in an image
 */
public record DepthwiseGrid(int groups, int lines, int tiles, int rows, int strips, int bands, int samples) {
    /** Of a block. */
    private static final int THREADS = 128;

    /** Channels of a block, at most. */
    private static final int TILE = 128;

    /** Threads that fill a large card; with fewer, bands are made shorter. */
    public static final int MANY_THREADS = 128 << 10;

    /** Blocks of the weight gradient, at most: as many as a large card has at a time. */
    private static final int BLOCKS = 512;

    /** Rows of src of a band, at least: each band also reads the rows of a window that reach into the next. */
    private static final int FEWEST_ROWS = 4;

    /** Share of a block's speed that it loses for each part of memory beyond the first that a warp reads at a time. */
    private static final double PART = 0.04;

    /** Bytes that a card reads together. */
    private static final int SECTOR = 32;

    /** For {@code samples} images of {@code height} rows of {@code width} pixels, cut into strips. */
    public static DepthwiseGrid of(DepthwiseForm form, Storage storage, int samples, int channels, int height, int width) {
        return of(form, storage, samples, channels, height, width, MANY_THREADS);
    }

    /** As {@link #of(DepthwiseForm, Storage, int, int, int, int)}, for a card that {@code manyThreads} fill. */
    public static DepthwiseGrid of(DepthwiseForm form, Storage storage, int samples, int channels, int height, int width, int manyThreads) {
        int all = Math.ceilDiv(channels, form.channels());
        int groups = groups(all, Math.min(all, TILE / form.channels()), form.channels() * storage.bytes());
        int strips = Math.ceilDiv(width, form.strip());
        long threads = (long) all * strips * samples;
        int bands = Math.clamp(Math.round((double) manyThreads / threads), 1, Math.max(1, height * form.stride() / FEWEST_ROWS));
        int rows = Math.ceilDiv(height, bands);
        return new DepthwiseGrid(groups, THREADS / groups, Math.ceilDiv(all, groups), rows, strips, Math.ceilDiv(height, rows), samples);
    }

    /** The number of groups with the fewest idle threads and the fewest bytes read in vain. */
    private static int groups(int all, int most, int bytes) {
        int best = 1;
        double fastest = 0;
        for (int groups = 1; groups <= most; groups++) {
            double busy = (double) all / (Math.ceilDiv(all, groups) * groups) * (THREADS / groups * groups) / THREADS;
            int read = groups * bytes;
            double wanted = groups == all || read % SECTOR == 0 ? 1 : (double) read / (Math.ceilDiv(read, SECTOR) * SECTOR + SECTOR);
            double speed = busy * wanted * (1 - PART * (Math.ceilDiv(Launch.LANES, groups) - 1));
            if (speed > fastest) {
                best = groups;
                fastest = speed;
            }
        }
        return best;
    }

    private int items() {
        return Math.multiplyExact(samples * bands, strips);
    }

    /** A thread per band of a strip. */
    public Launch launch() {
        return new Launch(Math.multiplyExact(tiles, blocks()), 1, 1, groups, lines);
    }

    /** Blocks of a tile of {@link #launch}. */
    public int blocks() {
        return Math.ceilDiv(items(), lines);
    }

    /** Parts into which the weight gradient's strips are divided. */
    public int chunks() {
        return Math.clamp(BLOCKS / tiles, 1, blocks());
    }

    /** A block per chunk and tile. */
    public Launch launchChunks() {
        return new Launch(Math.multiplyExact(tiles, chunks()), 1, 1, groups, lines);
    }

    /** A thread per tap and output of {@code LANES} x {@code LANES} that share the chunks. */
    public static Launch sumTaps(int outputs, int taps) {
        return new Launch(Math.ceilDiv(outputs, Launch.LANES), taps, 1, Launch.LANES, Launch.LANES);
    }
}
