package donna.kernels;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How a depthwise kernel on tensor cores lays out its work; it follows from the shape alone. A block has {@link #TILE} channels of some images, of which it
 * goes down a band of {@code rows} rows of one strip.
 *
 * @param side taps of a side of the window
 * @param lines rows that {@link Kernel#DEPTHWISE_BANDS} makes together: one where a product takes a whole row, two of a strip of half as many pixels
 * @param tiles of channels
 * @param strips side by side in a row of dst
 * @param bands above each other in an image
 * @param groups of images that a product takes together
 */
public record DepthwiseProducts(int side, int lines, int tiles, int strips, int rows, int bands, int groups) {
    private static final List<Integer> SIDES = List.of(5, 7);
    private static final int OLDEST = 80;
    private static final int TILE = 16;
    private static final int THREADS = 256;

    /** Pixels of a row that one product takes. */
    private static final int WIDEST = 16;

    /** Pixels of a row of a strip. */
    private static final int STRIP = 8;

    /** Pixels to either side of a strip that its windows may reach to. */
    private static final int REACH = 4;

    private static final int IMAGES_OF_BANDS = 8;
    private static final int IMAGES_OF_DIAGONALS = 16;

    /** Blocks that fill a large card; with fewer, bands are made shorter. */
    private static final int MANY_BLOCKS = 264;

    /** Rows of a band, at least, for each row of the window: each band also reads those that reach into the next. */
    private static final int ROWS_PER_TAP = 2;

    /**
     * Whether there are kernels for a convolution of square windows, and they are faster than those that multiply number by number: on an H100 they are not for
     * windows of 3 x 3, nor for 5 x 5 on images that are wider than a product.
     *
     * @param capability of the card, {@code 10 * major + minor}
     * @param width of the wider of src and dst
     */
    public static boolean covers(Storage storage, int capability, int samples, int channels, int taps, int stride, int padding, int width) {
        boolean pays = taps == 7 || taps == 5 && width <= WIDEST;
        return pays && isOn(storage, capability) && stride == 1 && channels % 8 == 0 && samples >= IMAGES_OF_BANDS && padding <= REACH
                && taps - 1 - padding <= REACH;
    }

    static boolean isOn(Storage storage, int capability) {
        return storage.bytes() == 2 && capability >= OLDEST;
    }

    /** For {@link Kernel#DEPTHWISE_BANDS}. */
    public static DepthwiseProducts bands(int side, int samples, int channels, int width, int outHeight, int outWidth) {
        int widest = Math.max(width, outWidth);
        int lines = widest > STRIP && widest <= WIDEST ? 1 : 2;
        return of(side, lines, channels, outHeight, lines == 1 ? 1 : Math.ceilDiv(outWidth, STRIP), Math.ceilDiv(samples, IMAGES_OF_BANDS));
    }

    /** For {@link Kernel#DEPTHWISE_DIAGONALS}. */
    public static DepthwiseProducts diagonals(int side, int samples, int channels, int outHeight, int outWidth) {
        return of(side, 1, channels, outHeight, Math.ceilDiv(outWidth, STRIP), Math.ceilDiv(samples, IMAGES_OF_DIAGONALS));
    }

    private static DepthwiseProducts of(int side, int lines, int channels, int outHeight, int strips, int groups) {
        int tiles = Math.ceilDiv(channels, TILE);
        int bands = Math.clamp(MANY_BLOCKS / ((long) tiles * strips * groups), 1, Math.max(1, outHeight / (ROWS_PER_TAP * side)));
        int rows = Math.ceilDiv(Math.ceilDiv(outHeight, bands), lines) * lines;
        return new DepthwiseProducts(side, lines, tiles, strips, rows, Math.ceilDiv(outHeight, rows), groups);
    }

    /** Blocks of a tile. */
    public int blocks() {
        return Math.multiplyExact(strips * bands, groups);
    }

    /** A block per band of a strip. */
    public Launch launch() {
        return new Launch(Math.multiplyExact(tiles, blocks()), 1, 1, THREADS, 1);
    }

    /** Whether {@link Kernel#DEPTHWISE_BANDS} has registers for a batch norm with activation {@code act} before it. */
    public boolean normalises(int act) {
        return act <= DepthwiseFusion.MOST_BEFORE && (side < 7 || lines == 1);
    }

    /** What the compiler is told for {@link Kernel#DEPTHWISE_BANDS}. */
    public List<String> macros(DepthwiseFusion fusion) {
        List<String> all = new ArrayList<>(List.of("SIDE=" + side, "LINES=" + lines));
        all.addAll(fusion.macros());
        return List.copyOf(all);
    }

    /**
     * What the compiler is told for {@link Kernel#DEPTHWISE_DIAGONALS}.
     *
     * @param before as {@link DepthwiseFusion#before}
     */
    public List<String> macros(int before) {
        List<String> all = new ArrayList<>(List.of("SIDE=" + side));
        all.addAll(DepthwiseFusion.before(before));
        return List.copyOf(all);
    }

    /** The macros that {@code file} is compiled with; nothing for other files. */
    static List<List<String>> variants(KernelFile file) {
        List<DepthwiseProducts> all = SIDES.stream()
                .flatMap(side -> IntStream.of(1, 2).mapToObj(lines -> new DepthwiseProducts(side, lines, 1, 1, 1, 1, 1)))
                .toList();
        return switch (file) {
            case DEPTHWISE_BANDS -> all.stream()
                    .flatMap(p -> Stream.concat(DepthwiseFusion.largest().stream(), DepthwiseFusion.largestBefore().filter(f -> p.normalises(f.before())))
                            .map(p::macros))
                    .toList();
            case DEPTHWISE_DIAGONALS -> all.stream()
                    .flatMap(p -> Stream.concat(Stream.of(DepthwiseFusion.NONE), DepthwiseFusion.largestBefore()).map(f -> p.macros(f.before())))
                    .distinct()
                    .toList();
            default -> List.of();
        };
    }
}
