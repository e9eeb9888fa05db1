package donna.cpu.kernel;

import java.lang.foreign.MemorySegment;

/**
 * What the pixels of one output plane, or of a few, add to the gradient of a 1x1 convolution's weights of some source channels:
 * the sums of their gradients times those channels. All steps and places in bytes; made by {@link PointwiseKernels}.
 */
interface PointwiseSum {
    /**
     * Pixels until {@code s} has come to {@code sEnd}.
     *
     * @param s the first of the source channels at the first pixel
     * @param g first pixel of the result's gradient; {@code gPlane} further in the next output plane
     * @param a where the sums go, a vector for each source channel; {@code sumPlane} further those of the next output plane
     */
    void run(
            MemorySegment src,
            long s,
            long sEnd,
            MemorySegment dDst,
            long g,
            long gPlane,
            MemorySegment sum,
            long a,
            long sumPlane);
}
