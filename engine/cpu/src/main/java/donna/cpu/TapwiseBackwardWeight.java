package donna.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import donna.cpu.kernel.Lanes;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The gradient of a convolution's weights tap by tap: at one tap, a convolution is a 1x1 convolution of the pixels that the tap sees. Slower than a primitive
 * of its own, but every instruction set has a fast 1x1 gradient. Its weights are dense; a grouped convolution's are the diagonal.
 *
 * <p>Memory, in order: src, dDst, dWeight, the pixels a tap sees, the 1x1 gradient in the primitive's order, the same row-major, the primitive's scratchpad
 * if it has one.
 */
final class TapwiseBackwardWeight implements Step.Work {
    private final Step.Work product;
    private final Step.Work order;
    private final Shape src;
    private final Shape dst;
    private final Shape weight;
    private final ConvGeometry geometry;
    private final int denseChannels;
    private MemorySegment[] productMemory = {};
    private MemorySegment[] orderMemory = {};

    /**
     * @param product the 1x1 gradient: (pixels, dDst, dense [, scratchpad])
     * @param order from the primitive's order to row-major
     * @param weight {@code [O, C / groups, K, K]}
     * @param denseChannels input channels of the dense 1x1 weights
     */
    TapwiseBackwardWeight(Step.Work product, Step.Work order, Shape src, Shape dst, Shape weight, ConvGeometry geometry, int denseChannels) {
        this.product = product;
        this.order = order;
        this.src = src;
        this.dst = dst;
        this.weight = weight;
        this.geometry = geometry;
        this.denseChannels = denseChannels;
    }

    @Override
    public void moved(MemorySegment[] m) {
        productMemory = m.length == 6 ? new MemorySegment[] {m[3], m[1], m[4]} : new MemorySegment[] {m[3], m[1], m[4], m[6]};
        orderMemory = Arrays.copyOfRange(m, 4, 6);
        product.moved(productMemory);
        order.moved(orderMemory);
    }

    @Override
    public void run(MemorySegment[] m, CpuStream stream) {
        for (int ky = 0; ky < weight.dim(2); ky++) {
            for (int kx = 0; kx < weight.dim(3); kx++) {
                gather(m[0], ky, kx, m[3]);
                product.run(productMemory, stream);
                order.run(orderMemory, stream);
                scatter(m[5], ky * weight.dim(3) + kx, m[2]);
            }
        }
    }

    private void gather(MemorySegment from, int ky, int kx, MemorySegment pixels) {
        pixels.fill((byte) 0);
        int planes = src.dim(0) * Lanes.blocks(src.dim(1));
        for (int p = 0; p < planes; p++) {
            for (int y = 0; y < dst.dim(2); y++) {
                int sy = y * geometry.stride() + ky * geometry.dilation() - geometry.padding();
                for (int x = 0; x < dst.dim(3) && sy >= 0 && sy < src.dim(2); x++) {
                    int sx = x * geometry.stride() + kx * geometry.dilation() - geometry.padding();
                    if (sx >= 0 && sx < src.dim(3)) {
                        long s = ((long) p * src.dim(2) + sy) * src.dim(3) + sx;
                        long d = ((long) p * dst.dim(2) + y) * dst.dim(3) + x;
                        MemorySegment.copy(from, s * Lanes.BYTES, pixels, d * Lanes.BYTES, Lanes.BYTES);
                    }
                }
            }
        }
    }

    private void scatter(MemorySegment dense, int tap, MemorySegment dWeight) {
        int in = weight.dim(1);
        int groupOutputs = weight.dim(0) / geometry.groups();
        int taps = weight.dim(2) * weight.dim(3);
        for (int o = 0; o < weight.dim(0); o++) {
            for (int i = 0; i < in; i++) {
                float d = dense.getAtIndex(JAVA_FLOAT, (long) o * denseChannels + (long) (o / groupOutputs) * in + i);
                dWeight.setAtIndex(JAVA_FLOAT, ((long) o * in + i) * taps + tap, d);
            }
        }
    }

    @Override
    public void close() {
        product.close();
        order.close();
    }
}
