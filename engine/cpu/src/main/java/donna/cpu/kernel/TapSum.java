package donna.cpu.kernel;

import java.lang.foreign.MemorySegment;

/**
 * What the outputs of a tile in some rows of a plane add to the gradient of one row of weights: for each tap, their
 * gradients times the pixels that they see at it. All steps and places in bytes; made by {@link TapKernels}.
 */
interface TapSum {
    /**
     * Rows until {@code g} has come to {@code gEnd}.
     *
     * @param s origin in the source row; {@code srcStep} further for each row of outputs
     * @param a sums to add to, a vector for each tap
     */
    void run(
            MemorySegment src, long s, long srcStep, MemorySegment dDst, long g, long gStep, long gEnd, MemorySegment sum, long a);
}
