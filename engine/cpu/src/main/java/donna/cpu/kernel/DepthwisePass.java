package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;

import donna.tensor.ConvGeometry;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A depthwise convolution, or the gradient of its source: images are blocked, the weight is plain {@code [C, 1, K, K]}. Any
 * kernel, stride, padding and dilation. Scratch memory holds the weights, packed as {@code [block][class y][class
 * x][tap][L]}. Immutable.
 */
public final class DepthwisePass {
    private final int channels;
    private final int area;
    private final long srcPlane;
    private final long dstPlane;
    private final int[] order;
    private final List<Part> parts = new ArrayList<>();

    /**
     * A tile in rows of outputs that see the same rows of taps. Places and steps in bytes.
     *
     * @param src origin in a plane
     * @param weight in a channel block's
     * @param dst first output in a plane
     */
    private record Part(
            TapProduct kernel, long src, long srcStep, long tapStep, long weight, long weightEnd, long dst, long dstStep, long dstEnd) {}

    private DepthwisePass(int channels, int kernel, Axis y, Axis x) {
        this.channels = channels;
        this.area = kernel * kernel;
        srcPlane = (long) y.src * x.src * BYTES;
        dstPlane = (long) y.out * x.out * BYTES;
        order = new int[area];
        int next = 0;
        for (int cy = 0; cy < y.classes; cy++) {
            for (int cx = 0; cx < x.classes; cx++) {
                for (TileShape.Placed tile : TileShape.cut(x, cx)) {
                    add(tile, y, cy, x, next);
                }
                for (int ty : y.taps[cy]) {
                    for (int tx : x.taps[cx]) {
                        order[next++] = ty * kernel + tx;
                    }
                }
            }
        }
    }

    /** The convolution of images of {@code h} times {@code w} pixels. */
    public static DepthwisePass forward(int channels, int h, int w, int kernel, ConvGeometry g) {
        return new DepthwisePass(channels, kernel, Axis.forward(h, kernel, g), Axis.forward(w, kernel, g));
    }

    /** From the gradient of that convolution's result to that of its source, which has {@code h} times {@code w} pixels. */
    public static DepthwisePass backwardData(int channels, int h, int w, int kernel, ConvGeometry g) {
        return new DepthwisePass(channels, kernel, Axis.backward(h, kernel, g), Axis.backward(w, kernel, g));
    }

    /** The tile in every row of class {@code cy}, whose weights begin with vector {@code first}. */
    private void add(TileShape.Placed tile, Axis y, int cy, Axis x, int first) {
        TapProduct kernel = TapKernels.product(tile.shape());
        int[] shifts = y.shifts[cy];
        int taps = tile.shape().taps();
        long rowBytes = (long) x.src * BYTES;
        long tapStep = shifts.length < 2 ? 0 : (shifts[1] - shifts[0]) * rowBytes;
        int end = y.first[cy] + y.count[cy] * y.classes;
        for (int from = y.first[cy], to; from < end; from = to) {
            to = from + y.classes;
            while (to < end && y.firstTap[to] == y.firstTap[from] && y.endTap[to] == y.endTap[from]) {
                to += y.classes;
            }
            int seen = y.endTap[from] - y.firstTap[from];
            long row = seen == 0 ? 0 : y.base[from] + shifts[y.firstTap[from]];
            long weight = (first + (long) y.firstTap[from] * taps) * BYTES;
            long dst = ((long) from * x.out + tile.first()) * BYTES;
            parts.add(new Part(kernel, row * rowBytes + (long) tile.origin() * BYTES, y.baseStep * rowBytes, tapStep, weight,
                    weight + (long) seen * taps * BYTES, dst, (long) y.classes * x.out * BYTES, dst + (long) (to - from) * x.out * BYTES));
        }
    }

    /** Scratch bytes of a run. */
    public long scratchBytes() {
        return (long) Lanes.blocks(channels) * area * BYTES;
    }

    /** All planes of {@code images} images. */
    public void run(int images, MemorySegment src, MemorySegment weight, MemorySegment dst, MemorySegment scratch) {
        begin(weight, scratch);
        for (int p = 0; p < images * Lanes.blocks(channels); p++) {
            plane(p % Lanes.blocks(channels), src, p, dst, p, scratch);
        }
    }

    /** Takes the weights. */
    public void begin(MemorySegment weight, MemorySegment scratch) {
        for (int b = 0; b < Lanes.blocks(channels); b++) {
            for (int t = 0; t < area; t++) {
                long to = ((long) b * area + t) * L;
                for (int lane = 0; lane < L; lane++) {
                    int c = b * L + lane;
                    Lanes.set(scratch, to + lane, c < channels ? Lanes.get(weight, (long) c * area + order[t]) : 0);
                }
            }
        }
    }

    /** Plane {@code s} of src to plane {@code d} of dst, of channel block {@code block}. */
    public void plane(int block, MemorySegment src, int s, MemorySegment dst, int d, MemorySegment scratch) {
        long from = s * srcPlane;
        long to = d * dstPlane;
        long w = (long) block * area * BYTES;
        for (int i = 0; i < parts.size(); i++) {
            Part p = parts.get(i);
            p.kernel.run(src, from + p.src, p.srcStep, p.tapStep, scratch, w + p.weight, w + p.weightEnd, dst, to + p.dst, p.dstStep, to + p.dstEnd);
        }
    }
}
