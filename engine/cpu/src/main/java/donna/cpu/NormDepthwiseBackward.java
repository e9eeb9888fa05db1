package donna.cpu;

import donna.cpu.kernel.DepthwisePass;
import donna.cpu.kernel.NormalizedPlanesBackward;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * The gradient of batch norm, activation, depthwise convolution and the batch norm after it, from the second pass of that batch norm's gradient on, a piece at
 * a time. What lies between is never stored; only the batch norm in front needs a second pass of its own, because of its sums. With a 1x1 convolution in front
 * whose result is not stored either, that pass is left to algebra.
 *
 * <p>Memory, in order: what the first pass of the batch norm after left, result of the convolution, src, gamma, beta, mean, inverseStd, weights,
 * dSrc, dWeight, dGamma, dBeta, scratch of the weight's gradient, a piece of the gradient of the result, one of the activation, one of its
 * derivative, scratch of the convolution; with the 1x1 convolution, where src and dSrc are a piece, what {@link ExpansionBackward} takes.
 */
final class NormDepthwiseBackward implements Step.Work {
    private static final int OWN_MEMORY = 17;

    private final NormalizedPlanesBackward planes;
    private final Pieces pieces;
    private final DepthwisePass convolution;
    private final Optional<ExpansionBackward> expansion;

    NormDepthwiseBackward(NormalizedPlanesBackward planes, Pieces pieces, DepthwisePass convolution, Optional<ExpansionBackward> expansion) {
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
        if (expansion.isPresent()) {
            expansion.get().begin(planes.before(), stream);
        }
        for (int i = 0; i < pieces.all().size(); i++) {
            Pieces.Piece p = pieces.all().get(i);
            if (expansion.isPresent()) {
                expansion.get().form(i, stream);
                chain(p, 0, m);
                expansion.get().use(i, stream);
            } else {
                chain(p, p.first(), m);
            }
            if (p.last()) {
                planes.imagesDone(p.images(), m[12]);
            }
        }
        planes.end(m[6], m[9], m[10], m[11], m[12]);
        if (expansion.isPresent()) {
            expansion.get().end(planes.before(), stream);
        } else {
            planes.apply(m[8], m[2]);
        }
    }

    /** A piece, which begins with plane {@code at} of src and dSrc. */
    private void chain(Pieces.Piece p, int at, MemorySegment[] m) {
        planes.weight(p.first(), p.count(), at, m[0], m[1], m[2], m[13], m[14], m[15], m[12]);
        convolution.planes(p.first(), p.count(), m[13], m[8], at, m[16]);
        planes.reduce(p.first(), p.count(), at, m[8], m[2], m[15]);
    }

    @Override
    public void close() {
        expansion.ifPresent(ExpansionBackward::close);
    }
}
