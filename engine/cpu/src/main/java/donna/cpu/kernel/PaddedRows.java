package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows of one plane of a channel block, copied into scratch memory with zero pixels at both ends. A plane that is too
 * large for the cache comes in bands of output rows.
 */
final class PaddedRows {
    /** Size of a band: most of a second-level cache stays free. */
    private static final int BAND_BYTES = 128 << 10;

    /** Output rows {@code [from, to)} and the source rows they look at. */
    record Band(int from, int to, int firstRow, int rows) {}

    final long rowBytes;
    final List<Band> bands;
    /** Whether rows need padding at all; without it the source is used where it lies. */
    final boolean copied;
    /** Whether rows of zeros above and below the plane are there as well. */
    final boolean tall;

    private final int width;
    private final int before;
    private final int after;
    private final int above;
    private final int rows;

    PaddedRows(Axis y, Axis x) {
        this(y, x, false);
    }

    /** With rows of zeros above and below where {@code tall}; a plane that comes in bands has none. */
    PaddedRows(Axis y, Axis x, boolean tall) {
        width = x.src;
        before = x.padBefore();
        after = x.padAfter();
        rowBytes = (long) (before + width + after) * BYTES;
        int edges = y.padBefore() + y.padAfter();
        this.tall = tall && (y.src + edges) * rowBytes <= BAND_BYTES;
        copied = before + after > 0 || this.tall && edges > 0;
        above = this.tall ? y.padBefore() : 0;
        List<Band> whole = List.of(new Band(0, y.out, 0, y.src));
        bands = copied && !this.tall ? cut(y, BAND_BYTES / rowBytes) : whole;
        rows = this.tall ? y.src + edges : bands.stream().mapToInt(Band::rows).max().orElse(0);
    }

    private static List<Band> cut(Axis y, long limit) {
        List<Band> bands = new ArrayList<>();
        int from = 0;
        int low = y.src;
        int high = -1;
        for (int o = 0; o < y.out; o++) {
            int l = Math.min(low, y.lowest(o));
            int h = Math.max(high, y.highest(o));
            if (o > from && h - l + 1 > limit) {
                bands.add(new Band(from, o, low, Math.max(0, high - low + 1)));
                from = o;
                l = y.lowest(o);
                h = y.highest(o);
            }
            low = l;
            high = h;
        }
        bands.add(new Band(from, y.out, low, Math.max(0, high - low + 1)));
        return List.copyOf(bands);
    }

    /** Scratch bytes of a band. */
    long bytes() {
        return copied ? rows * rowBytes : 0;
    }

    /** Writes the zeros, which {@link #fill} leaves alone. */
    void clear(MemorySegment scratch, long at) {
        Lanes.clear(scratch, at, bytes() / BYTES);
    }

    /**
     * Copies a band of the plane that begins at byte {@code s}.
     *
     * @return where pixel (0, 0) of the plane would be in the scratch memory
     */
    long fill(Band band, MemorySegment src, long s, MemorySegment scratch, long at) {
        long d = at + above * rowBytes + (long) before * BYTES;
        for (int r = 0; r < band.rows; r++) {
            Lanes.copy(src, s + (long) (band.firstRow + r) * width * BYTES, scratch, d + r * rowBytes, width);
        }
        return d - band.firstRow * rowBytes;
    }
}
