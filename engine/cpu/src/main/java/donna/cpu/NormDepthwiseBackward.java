package donna.cpu;

import donna.cpu.kernel.DepthwisePass;
import donna.cpu.kernel.NormalizedPlanesBackward;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * The gradient of batch norm, activation, depthwise convolution and the batch norm after it, from the second pass of that batch norm's gradient on, a piece at
 * a time. What lies between is never stored; only the batch norm in front needs a second pass of its own, because of its sums. The gradients of a 1x1
 * convolution in front of it may be taken in that pass.
 *
 * <p>Memory, in order: what the first pass of the batch norm after left, result of the convolution, src, gamma, beta, mean, inverseStd, weights,
 * dSrc, dWeight, dGamma, dBeta, scratch of the weight's gradient, a piece of the gradient of the result, one of the activation, one of its
 * derivative, scratch of the convolution; with the 1x1 convolution, where dSrc is scratch, what {@link PointwiseGradients} takes.
 */
final class NormDepthwiseBackward implements Step.Work {
    private static final int OWN_MEMORY = 17;

    private final NormalizedPlanesBackward planes;
    private final Pieces pieces;
    private final DepthwisePass convolution;
    private final Optional<PointwiseGradients> expansion;

    NormDepthwiseBackward(NormalizedPlanesBackward planes, Pieces pieces, DepthwisePass convolution, Optional<PointwiseGradients> expansion) {
        this.planes = planes;
        this.pieces = pieces;
        this.convolution = convolution;
        this.expansion = expansion;
    }

    @Override
    public void moved(MemorySegment[] m) {
        expansion.ifPresent(e -> e.moved(Arrays.copyOfRange(m, OWN_MEMORY, m.length)));
    }

    @Override
    public void run(MemorySegment[] m, CpuStream stream) {
        planes.begin(m[3], m[4], m[5], m[6], m[12]);
        convolution.begin(m[7], m[16]);
        for (int i = 0; i < pieces.all().size(); i++) {
            Pieces.Piece p = pieces.all().get(i);
            planes.weight(p.first(), p.count(), m[0], m[1], m[2], m[13], m[14], m[15], m[12]);
            convolution.planes(p.first(), p.count(), m[13], m[8], m[16]);
            planes.reduce(p.first(), p.count(), m[8], m[2], m[15]);
            if (p.last()) {
                planes.imagesDone(p.images(), m[12]);
            }
        }
        planes.end(m[6], m[9], m[10], m[11], m[12]);
        if (expansion.isPresent()) {
            expand(m, expansion.get(), stream);
        } else {
            planes.apply(0, pieces.count(), m[8], m[2], m[8], 0);
        }
    }

    private void expand(MemorySegment[] m, PointwiseGradients gradients, CpuStream stream) {
        int count = gradients.images() * pieces.planes();
        for (int i = 0; i < gradients.pieces(); i++) {
            planes.apply(i * count, count, m[8], m[2], gradients.piece(), 0);
            gradients.run(i, stream);
        }
        gradients.end(stream);
    }

    @Override
    public void close() {
        expansion.ifPresent(PointwiseGradients::close);
    }
}
