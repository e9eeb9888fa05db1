package donna.cpu;

import donna.cpu.kernel.NormalizedPlanesBackward;
import java.lang.foreign.MemorySegment;

/**
 * The gradient of batch norm, activation, depthwise convolution and the batch norm after it, from the second pass of that batch norm's gradient on, a piece at
 * a time. What lies between is never stored; only the batch norm in front needs a second pass of its own, because of its sums.
 *
 * <p>Memory, in order: what the first pass of the batch norm after left, result of the convolution, src, gamma, beta, mean, inverseStd, weights in the
 * primitive's order, dSrc, dWeight, dGamma, dBeta, scratch of the weight's gradient, a piece of the gradient of the result, one of the activation, one of its
 * derivative, the primitive's scratchpad.
 */
final class NormDepthwiseBackward implements Step.Work {
    private final NormalizedPlanesBackward planes;
    private final Pieces pieces;
    private final PieceWork convolution;

    NormDepthwiseBackward(NormalizedPlanesBackward planes, Pieces pieces, PieceWork convolution) {
        this.planes = planes;
        this.pieces = pieces;
        this.convolution = convolution;
    }

    @Override
    public void moved(MemorySegment[] m) {
        convolution.moved(m[13], m[7], m[8], m[16]);
    }

    @Override
    public void run(MemorySegment[] m, CpuStream stream) {
        planes.begin(m[3], m[4], m[5], m[6], m[12]);
        convolution.begin();
        for (int i = 0; i < pieces.all().size(); i++) {
            Pieces.Piece p = pieces.all().get(i);
            planes.weight(p.first(), p.count(), m[0], m[1], m[2], m[13], m[14], m[15], m[12]);
            convolution.run(i, stream);
            planes.reduce(p.first(), p.count(), m[8], m[2], m[15]);
            if (p.last()) {
                planes.imagesDone(p.images(), m[12]);
            }
        }
        planes.end(m[6], m[2], m[8], m[9], m[10], m[11], m[12]);
    }

    @Override
    public void close() {
        convolution.close();
    }
}
