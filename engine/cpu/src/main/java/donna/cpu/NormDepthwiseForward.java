package donna.cpu;

import donna.cpu.kernel.DepthwisePass;
import donna.cpu.kernel.NormalizedPlanes;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Batch norm with given statistics, activation and depthwise convolution, a piece at a time: what lies between them is never stored, and the moments of the
 * result are taken while it is in the cache.
 *
 * <p>Memory, in order: src, gamma, beta, mean, inverseStd, weights, dst, a normalised piece, scratch of the convolution; with a 1x1 convolution in
 * front, whose source then is src: weights in the primitive's order, its scratchpad.
 */
final class NormDepthwiseForward implements Step.Work {
    private final NormalizedPlanes planes;
    private final Pieces pieces;
    private final DepthwisePass convolution;
    private final Optional<PieceRuns> expansion;

    /** @param expansion (src, weights, dst) of a piece */
    NormDepthwiseForward(NormalizedPlanes planes, Pieces pieces, DepthwisePass convolution, Optional<PieceRuns> expansion) {
        this.planes = planes;
        this.pieces = pieces;
        this.convolution = convolution;
        this.expansion = expansion;
    }

    @Override
    public void moved(MemorySegment[] m) {
        expansion.ifPresent(e -> e.moved(m[10], 0, m[0], m[9], m[7]));
    }

    @Override
    public void run(MemorySegment[] m, CpuStream stream) {
        planes.begin(m[1], m[2], m[3], m[4]);
        convolution.begin(m[5], m[8]);
        for (int i = 0; i < pieces.all().size(); i++) {
            Pieces.Piece p = pieces.all().get(i);
            if (expansion.isPresent()) {
                expansion.get().run(i, stream);
                planes.normalize(p.first(), p.count(), m[7], 0, m[7]);
            } else {
                planes.normalize(p.first(), p.count(), m[0], p.first(), m[7]);
            }
            convolution.planes(p.first(), p.count(), m[7], m[6], p.first(), m[8]);
            planes.measure(p.first(), p.count(), m[6]);
        }
    }

    @Override
    public void close() {
        expansion.ifPresent(PieceRuns::close);
    }
}
