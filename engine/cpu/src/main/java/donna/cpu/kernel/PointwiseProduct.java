package donna.cpu.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Pixels of one output plane of a 1x1 convolution, or of a few: each is the sum of the weights times its source's channels. All
 * steps and places in bytes; made by {@link PointwiseKernels}.
 */
interface PointwiseProduct {
    /**
     * Tiles of pixels until {@code d} has come to {@code dEnd}.
     *
     * @param s first pixel in the first source plane; {@code srcPlane} further in the next
     * @param w weights until {@code wEnd}, a vector for each source channel; {@code wPlane} further those of the next output plane
     * @param d first pixel of the result; {@code dstPlane} further in the next output plane
     */
    void run(
            MemorySegment src,
            long s,
            long srcPlane,
            MemorySegment weight,
            long w,
            long wEnd,
            long wPlane,
            MemorySegment dst,
            long d,
            long dEnd,
            long dstPlane);
}
