package donna.cpu;

import donna.cpu.kernel.BatchNormBackward;
import donna.cpu.kernel.ExpansionAlgebra;
import donna.cpu.kernel.PointwiseBackwardWeight;
import donna.cpu.kernel.PointwisePass;
import donna.cpu.kernel.SourceMoments;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * What a 1x1 convolution in front of a depthwise chain adds to its gradient, where its result is stored in neither direction ({@link ExpansionAlgebra}): forms
 * planes of the result less its means anew, from the source less its own, and takes the products of both gradients.
 *
 * <p>Memory, in order: src, its moments, an image of it, weights, the same packed, sums of the weight's gradient, the weight's gradient; where the source has a
 * gradient: scaled weights, the same packed, the correction's matrix, its shift, both packed, dSrc.
 */
final class ExpansionBackward {
    private final int images;
    private final ExpansionAlgebra algebra;
    private final SourceMoments moments;
    private final PointwisePass forward;
    private final PointwiseBackwardWeight weight;
    private final Optional<Source> source;
    private MemorySegment[] m = {};

    /**
     * The gradient of the source.
     *
     * @param blocks its planes in an image
     * @param data from the gradient of the result, by scaled weights
     * @param correction what is added in the end, from the source less its means
     */
    record Source(int blocks, PointwisePass data, PointwisePass correction) {}

    ExpansionBackward(int images, ExpansionAlgebra algebra, SourceMoments moments, PointwisePass forward, PointwiseBackwardWeight weight,
            Optional<Source> source) {
        this.images = images;
        this.algebra = algebra;
        this.moments = moments;
        this.forward = forward;
        this.weight = weight;
        this.source = source;
    }

    void moved(MemorySegment[] memory) {
        m = memory;
    }

    /** Once {@code norm}, the one behind the convolution, knows its scale. */
    void begin(BatchNormBackward norm) {
        moments.take(m[1]);
        forward.begin(m[3], m[4]);
        weight.begin(m[5]);
        if (source.isPresent()) {
            algebra.scale(norm, m[7]);
            source.get().data.begin(m[7], m[8]);
        }
    }

    /** The planes that follow are of {@code image}. */
    void beginImage(int image) {
        moments.centre(image, m[0], m[2]);
    }

    /** The plane at which the gradient of plane {@code block} of the result is kept: all of an image are, where the source's gradient needs them. */
    int place(int block) {
        return source.isPresent() ? block : 0;
    }

    /** Forms planes {@code [block, block + count)} of the image in {@code z}. */
    void form(int block, int count, MemorySegment z) {
        forward.planes(0, block, count, m[2], m[4], z, 0);
    }

    /** Uses those planes' gradient, without the second pass of the norm. */
    void use(int block, int count, MemorySegment dz) {
        weight.planes(block, count, m[2], dz, place(block), m[5]);
    }

    /** After all planes of {@code image}, whose gradient is in {@code dz}. */
    void endImage(int image, MemorySegment dz) {
        if (source.isPresent()) {
            products(source.get(), source.get().data, image, dz, m[8]);
        }
    }

    /** From an image in {@code src} to the planes of {@code image} of dSrc. */
    private void products(Source s, PointwisePass pass, int image, MemorySegment src, MemorySegment packed) {
        for (int b = 0; b < s.blocks; b += PointwisePass.PLANES) {
            pass.planes(0, b, Math.min(PointwisePass.PLANES, s.blocks - b), src, packed, m[12], image * s.blocks + b);
        }
    }

    /** After the last image, when {@code norm} has its sums. */
    void end(BatchNormBackward norm) {
        weight.end(m[5], m[6], 0);
        algebra.finishWeight(norm, m[6]);
        if (source.isPresent()) {
            algebra.correction(norm, m[9], m[10]);
            source.get().correction.begin(m[9], m[10], m[11]);
            for (int i = 0; i < images; i++) {
                moments.centre(i, m[0], m[2]);
                products(source.get(), source.get().correction, i, m[2], m[11]);
            }
        }
    }
}
