package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import java.lang.foreign.MemorySegment;

/**
 * {@code act(conv(src) + bias)} of a depthwise convolution, plane by plane: images are blocked, weight {@code [C, 1, K, K]} and bias {@code [C]} plain. Not
 * thread-safe.
 */
public final class DepthwiseConvolution {
    private final DepthwisePass pass;
    private final int planes;
    private final int blocks;
    private final int pixels;
    private final BiasActivation epilogue;

    /** {@code h} and {@code w} are the source's. */
    public DepthwiseConvolution(int n, int c, int h, int w, int kernel, ConvGeometry g, boolean bias, Activation act) {
        pass = DepthwisePass.forward(c, h, w, kernel, g);
        blocks = Lanes.blocks(c);
        planes = n * blocks;
        pixels = g.outputSize(h, kernel) * g.outputSize(w, kernel);
        epilogue = new BiasActivation(c, bias, act);
    }

    /** Scratch bytes of a run. */
    public long scratchBytes() {
        return pass.scratchBytes();
    }

    /** {@code bias} counts only where there is one. */
    public void run(MemorySegment src, MemorySegment weight, MemorySegment bias, MemorySegment dst, MemorySegment scratch) {
        begin(weight, bias, scratch);
        for (int p = 0; p < planes; p++) {
            plane(src, p, dst, p, scratch);
        }
    }

    /** Takes weight and bias. */
    void begin(MemorySegment weight, MemorySegment bias, MemorySegment scratch) {
        pass.begin(weight, scratch);
        epilogue.begin(bias);
    }

    /** Plane {@code p} of dst, from plane {@code at} of src. */
    void plane(MemorySegment src, int at, MemorySegment dst, int p, MemorySegment scratch) {
        pass.plane(p % blocks, src, at, dst, p, scratch);
        epilogue.apply(p % blocks, dst, (long) p * pixels * BYTES, pixels);
    }
}
