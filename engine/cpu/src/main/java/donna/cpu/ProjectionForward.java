package donna.cpu;

import donna.cpu.kernel.ChannelMoments;
import donna.cpu.kernel.Lanes;
import donna.cpu.kernel.PlaneSource;
import donna.tensor.Shape;
import java.lang.foreign.MemorySegment;

/**
 * A 1x1 convolution by a primitive, some images at a time: what the primitive reads is formed in the second-level cache and never stored, and the moments of
 * its result are taken there.
 *
 * <p>Memory, in order: the source's, weights, dst, what the primitive reads, its scratchpad if it has one.
 */
final class ProjectionForward implements Step.Work {
    private final int group;
    private final int blocks;
    private final Shape dst;
    private final PlaneSource source;
    private final Step.Work product;
    private final ChannelMoments moments;
    private final MemorySegment[][] memory;

    /**
     * From images of {@code src}'s shape to some of {@code dst}'s.
     *
     * @param group images that the primitive takes, which divide them all
     * @param product of a group: (images, weights, dst [, scratchpad])
     */
    ProjectionForward(int group, Shape src, Shape dst, PlaneSource source, Step.Work product, ChannelMoments moments) {
        this.group = group;
        this.blocks = Lanes.blocks(src.dim(1));
        this.dst = dst;
        this.source = source;
        this.product = product;
        this.moments = moments;
        memory = new MemorySegment[src.dim(0) / group][];
    }

    @Override
    public void moved(MemorySegment[] m) {
        int k = source.memory();
        long bytes = m[k + 1].byteSize() / memory.length;
        for (int i = 0; i < memory.length; i++) {
            MemorySegment part = m[k + 1].asSlice(i * bytes, bytes);
            memory[i] = m.length == k + 3 ? new MemorySegment[] {m[k + 2], m[k], part} : new MemorySegment[] {m[k + 2], m[k], part, m[k + 3]};
        }
    }

    @Override
    public void run(MemorySegment[] m, CpuStream stream) {
        int k = source.memory();
        int results = group * Lanes.blocks(dst.dim(1));
        source.begin(m);
        moments.clear();
        for (int g = 0; g < memory.length; g++) {
            for (int i = 0; i < group; i++) {
                int image = g * group + i;
                source.beginImage(image, m);
                for (int b = 0; b < blocks; b++) {
                    source.plane(b, image * blocks + b, m, m[k + 2], i * blocks + b);
                }
            }
            product.moved(memory[g]);
            product.run(memory[g], stream);
            moments.planes(g * results, results, m[k + 1], dst.dim(2), dst.dim(3));
        }
    }

    @Override
    public void close() {
        product.close();
    }
}
