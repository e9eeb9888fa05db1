package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;

/**
 * A depthwise convolution of {@code act(conv(src) + bias)}, where that convolution is 1x1: some of its planes at a time, which are never stored. Images are blocked;
 * weights, {@code [out, in]} and the depthwise one's, and biases are plain. Not thread-safe.
 */
public final class ExpandedDepthwise {
    private final int images;
    private final int blocks;
    private final int pixels;
    private final PointwisePass expansion;
    private final BiasActivation between;
    private final DepthwiseConvolution convolution;

    /**
     * @param n images of {@code pixels} pixels
     * @param in channels of the source
     * @param out channels of the 1x1 convolution's result
     * @param bias whether the 1x1 convolution has one
     * @param act behind it
     * @param convolution of its result
     */
    public ExpandedDepthwise(int n, int in, int out, int pixels, boolean bias, Activation act, DepthwiseConvolution convolution) {
        this.images = n;
        this.blocks = Lanes.blocks(out);
        this.pixels = pixels;
        this.convolution = convolution;
        expansion = PointwisePass.of(in, out, pixels);
        between = new BiasActivation(out, bias, act);
    }

    /** Bytes of the packed weights. */
    public long weightBytes() {
        return expansion.weightBytes();
    }

    /** Bytes of some planes. */
    public long planesBytes() {
        return (long) PointwisePass.PLANES * pixels * BYTES;
    }

    /** Packs the 1x1 convolution's weight. */
    public void pack(MemorySegment weight, MemorySegment packed) {
        expansion.begin(weight, packed);
    }

    /**
     * Biases count only where there are some.
     *
     * @param packed the 1x1 convolution's weight
     * @param planes room of {@link #planesBytes}
     * @param scratch the depthwise convolution's
     */
    public void run(MemorySegment src, MemorySegment packed, MemorySegment bias, MemorySegment weight, MemorySegment depthwiseBias, MemorySegment dst,
            MemorySegment planes, MemorySegment scratch) {
        between.begin(bias);
        convolution.begin(weight, depthwiseBias, scratch);
        for (int i = 0; i < images; i++) {
            for (int b = 0; b < blocks; b += PointwisePass.PLANES) {
                int count = Math.min(PointwisePass.PLANES, blocks - b);
                expansion.planes(i, b, count, src, packed, planes, 0);
                for (int k = 0; k < count; k++) {
                    between.apply(b + k, planes, (long) k * pixels * BYTES, pixels);
                    convolution.plane(planes, k, dst, i * blocks + b + k, scratch);
                }
            }
        }
    }
}
