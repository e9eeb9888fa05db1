package donna.cpu;

import donna.cpu.kernel.DepthwisePass;
import donna.cpu.kernel.NormalizedPlanesBackward;
import donna.cpu.kernel.PointwisePass;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * The gradient of batch norm, activation, depthwise convolution and the batch norm after it, from the second pass of that batch norm's gradient on, a plane at
 * a time. What lies between is never stored; only the batch norm in front needs a second pass of its own, because of its sums. With a 1x1 convolution in front
 * whose result is not stored either, that pass is left to algebra.
 *
 * <p>Memory, in order: what the first pass of the batch norm after left, result of the convolution, src, gamma, beta, mean, inverseStd, weights,
 * dSrc, dWeight, dGamma, dBeta, scratch of the weight's gradient, a plane of the gradient of the result, one of the activation, one of its
 * derivative if it is kept, scratch of the convolution. dSrc may be what the first pass left where their planes are as large. With the 1x1 convolution, where
 * src is some planes, mean only room and dSrc as many planes or those of an image, also what {@link ExpansionBackward} takes.
 *
 * @param blocks planes of an image
 */
record NormDepthwiseBackward(int images, int blocks, NormalizedPlanesBackward planes, DepthwisePass convolution, Optional<ExpansionBackward> expansion)
        implements Step.Work {
    private static final int OWN_MEMORY = 17;

    @Override
    public void moved(MemorySegment[] m) {
        expansion.ifPresent(e -> e.moved(Arrays.copyOfRange(m, OWN_MEMORY, m.length)));
    }

    @Override
    public void run(MemorySegment[] m, CpuStream stream) {
        if (expansion.isPresent()) {
            m[5].fill((byte) 0);
        }
        planes.begin(m[3], m[4], m[5], m[6], m[12]);
        convolution.begin(m[7], m[16]);
        if (expansion.isPresent()) {
            expansion.get().begin(planes.before());
        }
        for (int i = 0; i < images; i++) {
            if (expansion.isPresent()) {
                expansion.get().beginImage(i);
            }
            for (int b = 0; b < blocks; b += PointwisePass.PLANES) {
                int count = Math.min(PointwisePass.PLANES, blocks - b);
                int first = i * blocks + b;
                if (expansion.isPresent()) {
                    int at = expansion.get().place(b);
                    expansion.get().form(b, count, m[2]);
                    chain(first, count, 0, at, m);
                    expansion.get().use(b, count, m[8]);
                } else {
                    chain(first, count, first, first, m);
                }
            }
            if (expansion.isPresent()) {
                expansion.get().endImage(i, m[8]);
            }
            planes.imagesDone(1, m[12]);
        }
        planes.end(m[6], m[9], m[10], m[11], m[12]);
        if (expansion.isPresent()) {
            expansion.get().end(planes.before());
        } else {
            planes.apply(m[8], m[2]);
        }
    }

    /** Planes {@code [first, first + count)}, which begin with plane {@code at} of src and plane {@code to} of dSrc. */
    private void chain(int first, int count, int at, int to, MemorySegment[] m) {
        for (int k = 0; k < count; k++) {
            planes.weight(first + k, at + k, m[0], m[1], m[2], m[13], m[14], m[15], m[12]);
            convolution.plane((first + k) % blocks, m[13], 0, m[8], to + k, m[16]);
            planes.reduce(first + k, m[8], to + k, m[2], at + k, m[15]);
        }
    }
}
