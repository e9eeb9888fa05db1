package donna.cpu;

import donna.cpu.kernel.DepthwisePass;
import donna.cpu.kernel.NormalizedPlanes;
import donna.cpu.kernel.PointwisePass;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Batch norm with given statistics, activation and depthwise convolution, a plane at a time: what lies between them is never stored, and the moments of the
 * result are taken while it is in the cache.
 *
 * <p>Memory, in order: src, gamma, beta, mean, inverseStd, weights, dst, a normalised plane, scratch of the convolution; with a 1x1 convolution in
 * front, whose source then is src: its weights, the same packed, some planes of its result.
 *
 * @param blocks planes of an image
 */
record NormDepthwiseForward(int images, int blocks, NormalizedPlanes planes, DepthwisePass convolution, Optional<PointwisePass> expansion)
        implements Step.Work {
    @Override
    public void run(MemorySegment[] m, CpuStream stream) {
        planes.begin(m[1], m[2], m[3], m[4]);
        convolution.begin(m[5], m[8]);
        if (expansion.isPresent()) {
            expansion.get().begin(m[9], m[10]);
        }
        for (int i = 0; i < images; i++) {
            for (int b = 0; b < blocks; b += PointwisePass.PLANES) {
                int count = Math.min(PointwisePass.PLANES, blocks - b);
                if (expansion.isPresent()) {
                    expansion.get().planes(i, b, count, m[0], m[10], m[11], 0);
                    chain(i * blocks + b, count, m[11], 0, m);
                } else {
                    chain(i * blocks + b, count, m[0], i * blocks + b, m);
                }
            }
        }
    }

    /** Planes {@code [first, first + count)}, which begin with plane {@code at} of src. */
    private void chain(int first, int count, MemorySegment src, int at, MemorySegment[] m) {
        for (int k = 0; k < count; k++) {
            planes.normalize(first + k, src, at + k, m[7]);
            convolution.plane((first + k) % blocks, m[7], 0, m[6], first + k, m[8]);
            planes.measure(first + k, m[6]);
        }
    }
}
