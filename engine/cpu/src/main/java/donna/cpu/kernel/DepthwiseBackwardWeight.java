package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import donna.tensor.ConvGeometry;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Gradient of a depthwise convolution's weight: src and dDst are blocked, dWeight is plain {@code [C, 1, K, K]}. Sums
 * over a run of pixels are float, held in scratch memory as {@code [block][tap][L]}; longer sums are compensated.
 */
public final class DepthwiseBackwardWeight {
    /** Pixels summed in plain float. */
    private static final int RUN = 1024;

    /** Of rows that are read again and again: a little less than a first-level cache holds. */
    private static final int TILE_BYTES = 24 << 10;

    private final int n;
    private final int c;
    private final int kernel;
    private final Axis y;
    private final Axis x;
    private final PaddedRows padded;
    private final int tapStep;
    private final int tileRows;
    private final int[] firstOut;
    private final int[] endOut;
    private final Sums sums;
    /** Pixels of each sum in scratch memory. */
    private int pending;

    /** {@code h} and {@code w} are the source's. */
    public DepthwiseBackwardWeight(int n, int c, int h, int w, int kernel, ConvGeometry geometry) {
        this.n = n;
        this.c = c;
        this.kernel = kernel;
        y = Axis.forward(h, kernel, geometry);
        x = Axis.forward(w, kernel, geometry);
        tapStep = geometry.dilation();
        padded = new PaddedRows(y, x, nine());
        tileRows = tileRows();
        firstOut = new int[kernel];
        endOut = new int[kernel];
        sums = new Sums(taps() * L);
        for (int t = 0; t < kernel; t++) {
            int o = 0;
            while (o < y.out && !seen(o, t)) {
                o++;
            }
            firstOut[t] = o;
            while (o < y.out && seen(o, t)) {
                o++;
            }
            endOut[t] = o;
        }
    }

    /** Whether three rows of three taps come at once. */
    private boolean nine() {
        return kernel == 3 && tapStep == 1;
    }

    private boolean seen(int o, int tap) {
        int row = y.base[o] + tap * tapStep;
        return padded.tall || row >= 0 && row < y.src;
    }

    /** Taps of all channel blocks: one vector of sums each. */
    private int taps() {
        return Lanes.blocks(c) * kernel * kernel;
    }

    private long sumBytes() {
        return (long) taps() * BYTES;
    }

    /** Scratch bytes of a run: the sums, and a padded band. */
    public long scratchBytes() {
        return sumBytes() + padded.bytes();
    }

    public void run(MemorySegment src, MemorySegment dDst, MemorySegment dWeight, MemorySegment scratch) {
        begin(scratch);
        for (int i = 0; i < n; i++) {
            for (int b = 0; b < Lanes.blocks(c); b++) {
                long p = (long) i * Lanes.blocks(c) + b;
                plane(b, src, p * y.src * x.src * BYTES, dDst, p * y.out * x.out * BYTES, scratch);
            }
            imagesDone(1, scratch);
        }
        end(dWeight, scratch);
    }

    /** Clears the sums. */
    void begin(MemorySegment scratch) {
        padded.clear(scratch, sumBytes());
        Lanes.clear(scratch, 0, taps());
        sums.clear();
        pending = 0;
    }

    /** Every plane of {@code count} images has been added. */
    void imagesDone(int count, MemorySegment scratch) {
        pending += count * y.out * x.out;
        if (pending >= RUN) {
            flush(scratch, 0, taps());
            pending = 0;
        }
    }

    /** Writes the sums. */
    void end(MemorySegment dWeight, MemorySegment scratch) {
        flush(scratch, 0, taps());
        unpack(dWeight);
    }

    private void flush(MemorySegment scratch, int from, int to) {
        for (int t = from; t < to; t++) {
            FloatVector.fromMemorySegment(SPECIES, scratch, (long) t * BYTES, ORDER)
                    .intoArray(sums.partial, 0);
            sums.add(t * L);
        }
        Lanes.clear(scratch, (long) from * BYTES, to - from);
    }

    private void unpack(MemorySegment dWeight) {
        int area = kernel * kernel;
        for (int ch = 0; ch < c; ch++) {
            for (int t = 0; t < area; t++) {
                int at = (ch / L * area + t) * L + ch % L;
                Lanes.set(dWeight, (long) ch * area + t, (float) sums.value(at));
            }
        }
    }

    /** Adds a plane of channel block {@code block}; src and dDst may lie in {@code scratch} behind its own part. */
    void plane(int block, MemorySegment src, long s, MemorySegment dDst, long g, MemorySegment scratch) {
        int area = kernel * kernel;
        int summed = 0;
        for (int i = 0; i < padded.bands.size(); i++) {
            PaddedRows.Band band = padded.bands.get(i);
            long sum = (long) block * area * BYTES;
            if (padded.copied) {
                band(band, scratch, padded.fill(band, src, s, scratch, sumBytes()), dDst, g, scratch, sum);
            } else {
                band(band, src, s, dDst, g, scratch, sum);
            }
            summed += (band.to() - band.from()) * x.out;
            if (summed >= RUN) {
                flush(scratch, block * area, (block + 1) * area);
                summed = 0;
            }
        }
    }

    private void band(
            PaddedRows.Band band,
            MemorySegment src,
            long origin,
            MemorySegment dDst,
            long g,
            MemorySegment sum,
            long sumAt) {
        int from = band.from();
        int to = band.to();
        if (nine()) {
            // Outputs that see all three rows of taps; what is left of the band comes row by row.
            int low = Math.min(to, Math.max(from, Math.max(firstOut[0], firstOut[2])));
            int high = Math.max(low, Math.min(to, Math.min(endOut[0], endOut[2])));
            if (low < high) {
                long s = source(origin, low, 0);
                long rowStep = y.baseStep * padded.rowBytes;
                long tapRowStep = padded.rowBytes;
                long d = gradient(g, low);
                AdjacentTapSums.nine(
                        src,
                        s,
                        rowStep,
                        step(),
                        tapRowStep,
                        dDst,
                        d,
                        (long) x.out * BYTES,
                        high - low,
                        x.out,
                        sum,
                        sumAt);
            }
            tapRows(from, low, src, origin, dDst, g, sum, sumAt);
            tapRows(high, to, src, origin, dDst, g, sum, sumAt);
        } else {
            for (int r = from; r < to; r += tileRows) {
                tapRows(r, Math.min(to, r + tileRows), src, origin, dDst, g, sum, sumAt);
            }
        }
    }

    /** As many output rows as stay in a first-level cache, with the source rows they see, while one row of taps follows another. */
    private int tileRows() {
        int rows = 1;
        while (rows < y.out && tileBytes(rows + 1) <= TILE_BYTES) {
            rows++;
        }
        int tiles = (y.out + rows - 1) / rows;
        return (y.out + tiles - 1) / tiles;
    }

    private long tileBytes(int rows) {
        return ((long) (rows - 1) * y.baseStep + (kernel - 1L) * tapStep + 1) * padded.rowBytes + (long) rows * x.out * BYTES;
    }

    /** Outputs {@code [low, high)}, one row of taps after the other. */
    private void tapRows(
            int low,
            int high,
            MemorySegment src,
            long origin,
            MemorySegment dDst,
            long g,
            MemorySegment sum,
            long sumAt) {
        long rowStep = y.baseStep * padded.rowBytes;
        for (int t = 0; t < kernel; t++) {
            int from = Math.max(low, firstOut[t]);
            int rows = Math.min(high, endOut[t]) - from;
            if (rows > 0) {
                long s = source(origin, from, t);
                long a = sumAt + (long) t * kernel * BYTES;
                TapSums.row(kernel, src, s, rowStep, step(), tapBytes(), dDst, gradient(g, from), rows, x.out, sum, a);
            }
        }
    }

    private long source(long origin, int row, int tap) {
        return origin + (y.base[row] + (long) tap * tapStep) * padded.rowBytes + (long) x.base[0] * BYTES;
    }

    private long gradient(long g, int row) {
        return g + (long) row * x.out * BYTES;
    }

    private long step() {
        return (long) x.baseStep * BYTES;
    }

    private long tapBytes() {
        return (long) tapStep * BYTES;
    }
}
