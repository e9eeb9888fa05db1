package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import donna.tensor.ConvGeometry;
import java.lang.foreign.MemorySegment;

/**
 * Depthwise convolution: src and dst are blocked, the weight is plain {@code [C, 1, K, K]}. Any kernel, stride, padding
 * and dilation.
 */
public final class DepthwiseForward {
    private final int n;
    private final int c;
    private final Axis y;
    private final Axis x;
    private final DepthwisePass pass;
    private final ChannelMoments moments;

    public DepthwiseForward(int n, int c, int h, int w, int kernel, ConvGeometry geometry) {
        this.n = n;
        this.c = c;
        y = Axis.forward(h, kernel, geometry);
        x = Axis.forward(w, kernel, geometry);
        pass = new DepthwisePass(c, kernel, y, x);
        moments = new ChannelMoments(c);
    }

    /** Scratch bytes of a run. */
    public long scratchBytes() {
        return pass.scratchBytes();
    }

    /** {@code dst = conv(src, weight)}. */
    public void run(MemorySegment src, MemorySegment weight, MemorySegment dst, MemorySegment scratch) {
        run(src, weight, dst, scratch, false);
    }

    /** The same, and the sums from which {@link BatchNormForward} takes dst's statistics without reading it again. */
    public void runWithMoments(MemorySegment src, MemorySegment weight, MemorySegment dst, MemorySegment scratch) {
        moments.clear();
        run(src, weight, dst, scratch, true);
    }

    /** What {@link #runWithMoments} filled. */
    public ChannelMoments moments() {
        return moments;
    }

    private void run(MemorySegment src, MemorySegment weight, MemorySegment dst, MemorySegment scratch, boolean sums) {
        pass.prepare(weight, scratch);
        int pixels = y.out * x.out;
        long s = 0;
        long d = 0;
        for (int i = 0; i < n; i++) {
            for (int b = 0; b < Lanes.blocks(c); b++) {
                pass.plane(b, src, s, dst, d, scratch);
                if (sums) {
                    if (i == 0) {
                        moments.shift(b, dst, d + (long) (y.out / 2 * x.out + x.out / 2) * BYTES);
                    }
                    moments.add(b, dst, d, pixels);
                }
                s += (long) y.src * x.src * BYTES;
                d += (long) pixels * BYTES;
            }
        }
    }
}
