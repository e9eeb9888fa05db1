package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import donna.tensor.ConvGeometry;
import java.lang.foreign.MemorySegment;

/**
 * Gradient of a depthwise convolution's source: dDst and dSrc are blocked, the weight is plain {@code [C, 1, K, K]}.
 */
public final class DepthwiseBackwardData {
    private final int n;
    private final int c;
    private final Axis y;
    private final Axis x;
    private final DepthwisePass pass;

    /** {@code h} and {@code w} are the source's. */
    public DepthwiseBackwardData(int n, int c, int h, int w, int kernel, ConvGeometry geometry) {
        this.n = n;
        this.c = c;
        y = Axis.backward(h, kernel, geometry);
        x = Axis.backward(w, kernel, geometry);
        pass = new DepthwisePass(c, kernel, y, x);
    }

    /** Scratch bytes of a run. */
    public long scratchBytes() {
        return pass.scratchBytes();
    }

    /** Whether arithmetic bounds the loops and not their loads. */
    public boolean dense() {
        return pass.dense();
    }

    public void run(MemorySegment dDst, MemorySegment weight, MemorySegment dSrc, MemorySegment scratch) {
        begin(weight, scratch);
        planes(0, n * Lanes.blocks(c), dDst, dSrc, scratch);
    }

    /** Takes the weights. */
    public void begin(MemorySegment weight, MemorySegment scratch) {
        pass.prepare(weight, scratch);
    }

    /** Planes {@code [first, first + count)} of dSrc; dDst holds only theirs. */
    public void planes(int first, int count, MemorySegment dDst, MemorySegment dSrc, MemorySegment scratch) {
        for (int k = 0; k < count; k++) {
            long s = (long) k * y.src * x.src * BYTES;
            long d = (long) (first + k) * y.out * x.out * BYTES;
            pass.plane((first + k) % Lanes.blocks(c), dDst, s, dSrc, d, scratch);
        }
    }
}
