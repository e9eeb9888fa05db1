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

    public DepthwiseForward(int n, int c, int h, int w, int kernel, ConvGeometry geometry) {
        this.n = n;
        this.c = c;
        y = Axis.forward(h, kernel, geometry);
        x = Axis.forward(w, kernel, geometry);
        pass = new DepthwisePass(c, kernel, y, x);
    }

    /** Scratch bytes of a run. */
    public long scratchBytes() {
        return pass.scratchBytes();
    }

    /** {@code dst = conv(src, weight)}. */
    public void run(MemorySegment src, MemorySegment weight, MemorySegment dst, MemorySegment scratch) {
        pass.prepare(weight, scratch);
        for (int p = 0; p < n * Lanes.blocks(c); p++) {
            long s = (long) p * y.src * x.src * BYTES;
            long d = (long) p * y.out * x.out * BYTES;
            pass.plane(p % Lanes.blocks(c), src, s, dst, d, scratch);
        }
    }
}
