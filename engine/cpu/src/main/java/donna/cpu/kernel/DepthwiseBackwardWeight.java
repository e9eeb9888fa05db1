package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;

import donna.tensor.ConvGeometry;
import java.lang.foreign.MemorySegment;

/**
 * Gradient of a depthwise convolution's weight: src and dDst are blocked, dWeight is plain {@code [C, 1, K, K]}. Sums over a run of pixels are float,
 * held in scratch memory as {@code [tap][L]}; longer sums are compensated.
 */
public final class DepthwiseBackwardWeight {
    /** Pixels summed in plain float. */
    private static final int RUN = 1024;

    private final int n;
    private final int c;
    private final int kernel;
    private final Axis y;
    private final Axis x;
    private final PaddedRows padded;
    private final int tapStep;
    private final int[] firstOut;
    private final int[] endOut;
    private final Sums sums;
    private int pending;

    /** {@code h} and {@code w} are the source's. */
    public DepthwiseBackwardWeight(int n, int c, int h, int w, int kernel, ConvGeometry geometry) {
        this.n = n;
        this.c = c;
        this.kernel = kernel;
        y = Axis.forward(h, kernel, geometry);
        x = Axis.forward(w, kernel, geometry);
        padded = new PaddedRows(y, x);
        tapStep = geometry.dilation();
        firstOut = new int[kernel];
        endOut = new int[kernel];
        sums = new Sums(kernel * kernel * L);
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

    private long sumBytes() {
        return (long) kernel * kernel * BYTES;
    }

    /** Scratch bytes of a run. */
    public long scratchBytes() {
        return sumBytes() + padded.bytes();
    }

    public void run(MemorySegment src, MemorySegment dDst, MemorySegment dWeight, MemorySegment scratch) {
        padded.clearEnds(scratch, sumBytes());
        Lanes.clear(scratch, 0, (long) kernel * kernel);
        int blocks = Lanes.blocks(c);
        for (int b = 0; b < blocks; b++) {
            sums.clear();
            for (int i = 0; i < n; i++) {
                long p = (long) i * blocks + b;
                plane(src, p * y.src * x.src * BYTES, dDst, p * y.out * x.out * BYTES, scratch);
            }
            flush(scratch);
            unpack(b, dWeight);
        }
    }

    private void flush(MemorySegment scratch) {
        for (int t = 0; t < kernel * kernel; t++) {
            sums.add(t * L, Lanes.load(scratch, (long) t * BYTES));
        }
        Lanes.clear(scratch, 0, (long) kernel * kernel);
        pending = 0;
    }

    private void unpack(int block, MemorySegment dWeight) {
        int area = kernel * kernel;
        for (int ch = block * L; ch < Math.min(c, block * L + L); ch++) {
            for (int t = 0; t < area; t++) {
                Lanes.set(dWeight, (long) ch * area + t, (float) sums.value(t * L + ch % L));
            }
        }
    }

    private void plane(MemorySegment src, long s, MemorySegment dDst, long g, MemorySegment scratch) {
        for (int i = 0; i < padded.bands.size(); i++) {
            PaddedRows.Band band = padded.bands.get(i);
            if (padded.copied) {
                band(band, scratch, padded.fill(band, src, s, scratch, sumBytes()), dDst, g, scratch);
            } else {
                band(band, src, s, dDst, g, scratch);
            }
            pending += (band.to() - band.from()) * x.out;
            if (pending >= RUN) {
                flush(scratch);
            }
        }
    }

    private void band(
            PaddedRows.Band band, MemorySegment src, long origin, MemorySegment dDst, long g, MemorySegment sum) {
        for (int t = 0; t < kernel; t++) {
            int from = Math.max(band.from(), firstOut[t]);
            int rows = Math.min(band.to(), endOut[t]) - from;
            if (rows > 0) {
                long s = origin + (y.base[from] + (long) t * tapStep) * padded.rowBytes + (long) x.base[0] * BYTES;
                long d = g + (long) from * x.out * BYTES;
                TapSums.row(
                        kernel,
                        src,
                        s,
                        y.baseStep * padded.rowBytes,
                        (long) x.baseStep * BYTES,
                        (long) tapStep * BYTES,
                        dDst,
                        d,
                        rows,
                        x.out,
                        sum,
                        (long) t * kernel * BYTES);
            }
        }
    }
}
