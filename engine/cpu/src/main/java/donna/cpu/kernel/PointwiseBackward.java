package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;

import java.lang.foreign.MemorySegment;

/**
 * Both gradients of a 1x1 convolution, some planes of blocked images at a time, where what it has read is formed anew. An object is used by one thread at a
 * time.
 */
public final class PointwiseBackward {
    private final int images;
    private final int in;
    private final int out;
    private final int pixels;
    private final PlaneSource source;
    private final PointwisePass data;
    private final PointwiseBackwardWeight weight;

    /** Of {@code images} images of {@code in} channels and {@code pixels} pixels. */
    public PointwiseBackward(int images, int in, int out, int pixels, PlaneSource source) {
        this.images = images;
        this.in = in;
        this.out = out;
        this.pixels = pixels;
        this.source = source;
        data = PointwisePass.of(out, in, pixels);
        weight = new PointwiseBackwardWeight(out, in, pixels);
    }

    /** Bytes of the packed weights. */
    public long weightBytes() {
        return data.weightBytes();
    }

    /** Bytes of the sums of the weight's gradient. */
    public long sumBytes() {
        return weight.sumBytes();
    }

    /** Bytes of the planes that are formed anew. */
    public long formedBytes() {
        return (long) PointwisePass.PLANES * pixels * BYTES;
    }

    /**
     * Memory, in order: the source's, gradient of the convolution's result, weights {@code [out, in]}, data gradient, dWeight, rooms of
     * {@link #weightBytes}, {@link #sumBytes} and {@link #formedBytes}.
     */
    public void run(MemorySegment[] m) {
        int k = source.memory();
        MemorySegment d = m[k];
        MemorySegment packed = m[k + 4];
        MemorySegment sums = m[k + 5];
        MemorySegment formed = m[k + 6];
        data.beginTransposed(m[k + 1], packed);
        weight.begin(sums);
        source.begin(m);
        int blocks = Lanes.blocks(in);
        long image = Lanes.blocks(out) * (long) pixels * BYTES;
        for (int i = 0; i < images; i++) {
            source.beginImage(i, m);
            for (int b = 0; b < blocks; b += PointwisePass.PLANES) {
                int count = Math.min(PointwisePass.PLANES, blocks - b);
                int first = i * blocks + b;
                data.planes(i, b, count, d, packed, m[k + 2], first);
                for (int p = 0; p < count; p++) {
                    source.plane(b + p, first + p, m, formed, p);
                }
                weight.run(b, count, d, i * image, formed, 0, sums);
            }
            source.endImage(i, m);
        }
        weight.endTransposed(sums, m[k + 3]);
        source.end(m);
    }
}
