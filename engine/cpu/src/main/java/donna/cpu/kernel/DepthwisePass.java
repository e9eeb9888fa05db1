package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;

import java.lang.foreign.MemorySegment;

/**
 * What {@link DepthwiseForward} and {@link DepthwiseBackwardData} share: one plane of a channel block, band by band,
 * every output row class by class. Scratch memory holds the weights, packed as {@code [block][class y][class
 * x][tap][L]}, then a padded band.
 */
final class DepthwisePass {
    private final int channels;
    private final int area;
    private final Axis y;
    private final Axis x;
    private final PaddedRows padded;
    /** Tap and byte shift of each packed position, and where a pair of classes begins. */
    private final int[] order;

    private final int[] shift;
    private final int[] start;
    /** Per class: whether {@link DenseTapTiles} runs it. */
    private final boolean[] dense;

    DepthwisePass(int channels, int kernel, Axis y, Axis x) {
        this.channels = channels;
        this.area = kernel * kernel;
        this.y = y;
        this.x = x;
        padded = new PaddedRows(y, x);
        dense = new boolean[x.classes];
        for (int c = 0; c < dense.length; c++) {
            dense[c] = DenseTapTiles.takes(x.shifts[c], x.baseStep, x.count[c]);
        }
        order = new int[area];
        shift = new int[area];
        start = new int[y.classes * x.classes];
        int next = 0;
        for (int k = 0; k < start.length; k++) {
            start[k] = next;
            next = pack(k / x.classes, k % x.classes, kernel, next);
        }
    }

    private int pack(int cy, int cx, int kernel, int next) {
        int position = next;
        for (int i = 0; i < y.taps[cy].length; i++) {
            for (int j = 0; j < x.taps[cx].length; j++) {
                order[position] = y.taps[cy][i] * kernel + x.taps[cx][j];
                shift[position] = Math.toIntExact(y.shifts[cy][i] * padded.rowBytes + (long) x.shifts[cx][j] * BYTES);
                position++;
            }
        }
        return position;
    }

    boolean dense() {
        boolean all = true;
        for (boolean d : dense) {
            all &= d;
        }
        return all;
    }

    long scratchBytes() {
        return weightBytes() + padded.bytes();
    }

    private long weightBytes() {
        return (long) Lanes.blocks(channels) * area * BYTES;
    }

    /** Packs plain weights {@code [C, 1, K, K]} and writes the zeros of the padding. */
    void prepare(MemorySegment weight, MemorySegment scratch) {
        for (int b = 0; b < Lanes.blocks(channels); b++) {
            for (int t = 0; t < area; t++) {
                long to = ((long) b * area + t) * L;
                for (int lane = 0; lane < L; lane++) {
                    int c = b * L + lane;
                    Lanes.set(scratch, to + lane, c < channels ? Lanes.get(weight, (long) c * area + order[t]) : 0);
                }
            }
        }
        padded.clear(scratch, weightBytes());
    }

    /** One plane of channel block {@code block}. */
    void plane(int block, MemorySegment src, long s, MemorySegment dst, long d, MemorySegment scratch) {
        long w = (long) block * area * BYTES;
        for (int i = 0; i < padded.bands.size(); i++) {
            PaddedRows.Band band = padded.bands.get(i);
            if (padded.copied) {
                long origin = padded.fill(band, src, s, scratch, weightBytes());
                rows(band, scratch, origin, scratch, w, dst, d);
            } else {
                rows(band, src, s, scratch, w, dst, d);
            }
        }
    }

    private void rows(
            PaddedRows.Band band,
            MemorySegment src,
            long origin,
            MemorySegment weight,
            long w,
            MemorySegment dst,
            long d) {
        for (int o = band.from(); o < band.to(); o++) {
            long s = origin + y.base[o] * padded.rowBytes;
            for (int c = 0; c < x.classes; c++) {
                int taps = x.taps[c].length;
                int from = start[y.classOf[o] * x.classes + c];
                int first = from + y.firstTap[o] * taps;
                int end = from + y.endTap[o] * taps;
                long p = s + (long) x.base[x.first[c]] * BYTES;
                long to = d + ((long) o * x.out + x.first[c]) * BYTES;
                long toStep = (long) x.classes * BYTES;
                if (dense[c]) {
                    DenseTapTiles.run(taps, src, p, shift, first, end, weight, w, dst, to, toStep, x.count[c]);
                } else if (x.count[c] > 0) {
                    long step = (long) x.baseStep * BYTES;
                    TapTiles.run(src, p, shift, first, end, step, weight, w, dst, to, toStep, x.count[c]);
                }
            }
        }
    }
}
