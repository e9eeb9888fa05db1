package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import donna.tensor.ConvGeometry;
import java.lang.foreign.MemorySegment;
import java.util.List;
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
    private final int tapStep;
    private final int tileRows;
    private final int[] firstOut;
    private final int[] endOut;
    private final List<TileShape.Placed> tiles;
    private final TapSum[] kernels;
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
        tileRows = tileRows();
        firstOut = new int[kernel];
        endOut = new int[kernel];
        tiles = TileShape.cut(x, 0);
        kernels = tiles.stream().map(t -> TapKernels.sum(t.shape())).toArray(TapSum[]::new);
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

    private boolean seen(int o, int tap) {
        int row = y.base[o] + tap * tapStep;
        return row >= 0 && row < y.src;
    }

    /** Taps of all channel blocks: one vector of sums each. */
    private int taps() {
        return Lanes.blocks(c) * kernel * kernel;
    }

    /** Scratch bytes of a run: the sums. */
    public long scratchBytes() {
        return (long) taps() * BYTES;
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

    /** Adds a plane of channel block {@code block}. */
    void plane(int block, MemorySegment src, long s, MemorySegment dDst, long g, MemorySegment scratch) {
        int area = kernel * kernel;
        int summed = 0;
        for (int from = 0; from < y.out; from += tileRows) {
            int to = Math.min(y.out, from + tileRows);
            rows(from, to, src, s, dDst, g, scratch, (long) block * area * BYTES);
            summed += (to - from) * x.out;
            if (summed >= RUN) {
                flush(scratch, block * area, (block + 1) * area);
                summed = 0;
            }
        }
    }

    /** Outputs {@code [low, high)}, one row of taps after the other. */
    private void rows(int low, int high, MemorySegment src, long s, MemorySegment dDst, long g, MemorySegment sum, long a) {
        long rowBytes = (long) x.src * BYTES;
        long dRowBytes = (long) x.out * BYTES;
        for (int t = 0; t < kernel; t++) {
            int from = Math.max(low, firstOut[t]);
            int to = Math.min(high, endOut[t]);
            if (from >= to) {
                continue;
            }
            long p = s + (y.base[from] + (long) t * tapStep) * rowBytes;
            long d = g + from * dRowBytes;
            long sums = a + (long) t * kernel * BYTES;
            for (int i = 0; i < kernels.length; i++) {
                TileShape.Placed tile = tiles.get(i);
                long first = d + (long) tile.first() * BYTES;
                kernels[i].run(src, p + (long) tile.origin() * BYTES, y.baseStep * rowBytes, dDst, first, dRowBytes,
                        first + (to - from) * dRowBytes, sum, sums);
            }
        }
    }

    /** As many output rows as stay in a first-level cache, with the source rows they see, while one row of taps follows another. */
    private int tileRows() {
        int rows = 1;
        while (rows < y.out && rows * x.out < RUN && tileBytes(rows + 1) <= TILE_BYTES) {
            rows++;
        }
        int tiles = (y.out + rows - 1) / rows;
        return (y.out + tiles - 1) / tiles;
    }

    private long tileBytes(int rows) {
        return ((((rows - 1L) * y.baseStep + (kernel - 1L) * tapStep + 1) * x.src) + (long) rows * x.out) * BYTES;
    }
}
