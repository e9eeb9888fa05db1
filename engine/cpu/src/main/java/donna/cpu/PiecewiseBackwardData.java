package donna.cpu;

import donna.cpu.kernel.DepthwiseBackwardData;
import java.lang.foreign.MemorySegment;

/** Our kernel for the data gradient of a depthwise convolution, a piece at a time; weights are row-major. */
final class PiecewiseBackwardData implements PieceWork {
    private final Pieces pieces;
    private final DepthwiseBackwardData kernel;
    private MemorySegment dDst = MemorySegment.NULL;
    private MemorySegment weights = MemorySegment.NULL;
    private MemorySegment dSrc = MemorySegment.NULL;
    private MemorySegment scratch = MemorySegment.NULL;

    PiecewiseBackwardData(Pieces pieces, DepthwiseBackwardData kernel) {
        this.pieces = pieces;
        this.kernel = kernel;
    }

    @Override
    public long scratchBytes() {
        return kernel.scratchBytes();
    }

    @Override
    public void moved(MemorySegment src, MemorySegment weights, MemorySegment dst, MemorySegment scratchpad) {
        this.dDst = src;
        this.weights = weights;
        this.dSrc = dst;
        this.scratch = scratchpad;
    }

    @Override
    public void begin() {
        kernel.begin(weights, scratch);
    }

    @Override
    public void run(int piece, CpuStream stream) {
        Pieces.Piece p = pieces.all().get(piece);
        kernel.planes(p.first(), p.count(), dDst, dSrc, scratch);
    }
}
