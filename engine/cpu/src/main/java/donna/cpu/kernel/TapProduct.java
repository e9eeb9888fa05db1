package donna.cpu.kernel;

import java.lang.foreign.MemorySegment;

/**
 * The outputs of a tile in some rows of a plane: each is the sum of its taps' weights times their pixels, row of taps by
 * row of taps. All steps and places in bytes; made by {@link TapKernels}.
 */
interface TapProduct {
    /**
     * Rows until {@code d} has come to {@code dEnd}.
     *
     * @param s origin in the source row of the first row of taps; {@code srcStep} further for each row of outputs, {@code
     *     tapStep} for each row of taps
     * @param w rows of weights until {@code wEnd}, a vector for each tap
     */
    void run(
            MemorySegment src,
            long s,
            long srcStep,
            long tapStep,
            MemorySegment weight,
            long w,
            long wEnd,
            MemorySegment dst,
            long d,
            long dStep,
            long dEnd);
}
