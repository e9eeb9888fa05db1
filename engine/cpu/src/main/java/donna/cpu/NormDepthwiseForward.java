package donna.cpu;

import donna.cpu.kernel.NormalizedPlanes;
import java.lang.foreign.MemorySegment;

/**
 * Batch norm with given statistics, activation and depthwise convolution, a piece at a time: what lies between them is never stored, and the moments of the
 * result are taken while it is in the cache.
 *
 * <p>Memory, in order: src, gamma, beta, mean, inverseStd, weights in the primitive's order, dst, a normalised piece, the primitive's scratchpad.
 */
final class NormDepthwiseForward implements Step.Work {
    private final NormalizedPlanes planes;
    private final Pieces pieces;
    private final PieceWork convolution;

    NormDepthwiseForward(NormalizedPlanes planes, Pieces pieces, PieceWork convolution) {
        this.planes = planes;
        this.pieces = pieces;
        this.convolution = convolution;
    }

    @Override
    public void moved(MemorySegment[] m) {
        convolution.moved(m[7], m[5], m[6], m[8]);
    }

    @Override
    public void run(MemorySegment[] m, CpuStream stream) {
        planes.begin(m[1], m[2], m[3], m[4]);
        convolution.begin();
        for (int i = 0; i < pieces.all().size(); i++) {
            Pieces.Piece p = pieces.all().get(i);
            planes.normalize(p.first(), p.count(), m[0], m[7]);
            convolution.run(i, stream);
            planes.measure(p.first(), p.count(), m[6]);
        }
    }

    @Override
    public void close() {
        convolution.close();
    }
}
