package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;

/**
 * Gradient of a 1x1 convolution's weight, some output planes of an image at a time: src and dDst are blocked. Sums are float, first over
 * the pixels of an image, then over images, and held in memory of the caller's as {@code [block][in][L]}, behind it those of an image's
 * planes. Immutable.
 */
public final class PointwiseBackwardWeight {
    private final int in;
    private final int out;
    private final long plane;
    private final List<Tile> tiles = new ArrayList<>();

    /**
     * Some source channels, which are of one plane.
     *
     * @param kernels by output planes less one
     */
    private record Tile(int first, List<PointwiseSum> kernels) {}

    /** Of images of {@code pixels} pixels. */
    public PointwiseBackwardWeight(int in, int out, int pixels) {
        this.in = in;
        this.out = out;
        plane = (long) pixels * BYTES;
        for (int c = 0, count; c < in; c += count) {
            count = Math.min(PointwiseKernels.mostChannels(), Math.min(in, (c / L + 1) * L) - c);
            int channels = count;
            tiles.add(new Tile(c, IntStream.rangeClosed(1, PointwisePass.PLANES).mapToObj(p -> PointwiseKernels.sum(channels, p)).toList()));
        }
    }

    private long total() {
        return (long) Lanes.blocks(out) * in * BYTES;
    }

    /** Bytes of the sums. */
    public long sumBytes() {
        return total() + (long) PointwisePass.PLANES * in * BYTES;
    }

    /** Clears the sums. */
    public void begin(MemorySegment sums) {
        Lanes.clear(sums, 0, (long) Lanes.blocks(out) * in);
    }

    /** Adds output planes {@code [block, block + count)} of an image, {@code src}, which are plane {@code at} of dDst and those behind it. */
    public void planes(int block, int count, MemorySegment src, MemorySegment dDst, int at, MemorySegment sums) {
        run(block, count, src, 0, dDst, at * plane, sums);
    }

    /** The same with the places in bytes: {@code s} of the image, {@code g} of the first plane of dDst. */
    void run(int block, int count, MemorySegment src, long s, MemorySegment dDst, long g, MemorySegment sums) {
        long row = (long) in * BYTES;
        for (int i = 0; i < tiles.size(); i++) {
            Tile t = tiles.get(i);
            long from = s + t.first / L * plane + (long) (t.first % L) * Float.BYTES;
            t.kernels.get(count - 1).run(src, from, from + plane, dDst, g, plane, sums, total() + (long) t.first * BYTES, row);
        }
        add(sums, block * row, total(), count * row);
    }

    private static void add(MemorySegment sums, long to, long from, long bytes) {
        for (long i = 0; i < bytes; i += BYTES) {
            FloatVector.fromMemorySegment(SPECIES, sums, to + i, ORDER)
                    .add(FloatVector.fromMemorySegment(SPECIES, sums, from + i, ORDER))
                    .intoMemorySegment(sums, to + i, ORDER);
        }
    }

    /** Writes the sums row-major, {@code [out, in]}, from number {@code at} of {@code to} on. */
    public void end(MemorySegment sums, MemorySegment to, long at) {
        unpack(sums, to, at, in, 1);
    }

    /** Writes the sums as {@code [in, out]}. */
    void endTransposed(MemorySegment sums, MemorySegment to) {
        unpack(sums, to, 0, 1, out);
    }

    private void unpack(MemorySegment sums, MemorySegment to, long at, long outStep, long inStep) {
        for (int o = 0; o < out; o++) {
            for (int i = 0; i < in; i++) {
                Lanes.set(to, at + o * outStep + i * inStep, Lanes.get(sums, ((long) o / L * in + i) * L + o % L));
            }
        }
    }
}
