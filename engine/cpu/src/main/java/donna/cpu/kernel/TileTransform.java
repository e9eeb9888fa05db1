package donna.cpu.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Grids of vectors, one after another, each multiplied by a matrix from the left and by its transpose from the right. All steps and places in bytes; made by
 * {@link WinogradTransforms}.
 */
interface TileTransform {
    /**
     * Grids until {@code s} has come to {@code sEnd}.
     *
     * @param s first vector of the first grid; {@code sRow} further the next row, {@code sColumn} the next column, {@code sStep} the next grid
     * @param d first vector of the result, likewise
     */
    void run(
            MemorySegment src,
            long s,
            long sRow,
            long sColumn,
            long sStep,
            long sEnd,
            MemorySegment dst,
            long d,
            long dRow,
            long dColumn,
            long dStep);
}
