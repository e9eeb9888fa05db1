package donna.cpu;

import donna.cpu.kernel.BatchNormBackward;
import donna.cpu.kernel.ExpansionAlgebra;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a 1x1 convolution in front of a depthwise chain adds to its gradient, where its result is stored in neither direction ({@link ExpansionAlgebra}): forms
 * each piece of the result anew and takes the products of both gradients. Of the source's gradient the correction is left to steps behind.
 *
 * <p>Memory, in order: src, weights in the primitive's order, a piece of the result, the primitive's scratchpad; where the source has a gradient, scaled
 * weights, the same in the primitive's order, the correction's matrix and bias; then what {@link PointwiseGradients} takes.
 */
final class ExpansionBackward {
    private static final int ALWAYS = 4;
    private static final int FOR_SOURCE = 4;

    private final ExpansionAlgebra algebra;
    private final PieceRuns forward;
    private final PointwiseGradients products;
    private final Optional<Step.Work> order;
    private MemorySegment[] own = {};

    /**
     * @param forward (src, weights, dst) of a piece
     * @param order of scaled weights; empty if the source has no gradient
     * @param count of pieces
     */
    ExpansionBackward(ExpansionAlgebra algebra, Compiled forward, PointwiseGradients.Parts products, Optional<Compiled> order, int count, Arena arena) {
        this.algebra = algebra;
        this.forward = new PieceRuns(forward, count, arena);
        this.products = new PointwiseGradients(products, count, arena);
        this.order = order.map(c -> c.work(arena));
    }

    void moved(MemorySegment[] m) {
        own = m;
        forward.moved(m[3], 0, m[0], m[1], m[2]);
        order.ifPresent(o -> o.moved(new MemorySegment[] {m[4], m[5]}));
        products.moved(Arrays.copyOfRange(m, order.isPresent() ? ALWAYS + FOR_SOURCE : ALWAYS, m.length));
    }

    /** Once {@code norm}, the one behind the convolution, knows its scale. */
    void begin(BatchNormBackward norm, CpuStream stream) {
        if (order.isPresent()) {
            algebra.scale(norm, own[4]);
            order.get().run(own, stream);
        }
    }

    /** Forms piece {@code i} of the result. */
    void form(int i, CpuStream stream) {
        forward.run(i, stream);
    }

    /** Uses that piece's gradient, without the second pass of the norm. */
    void use(int i, CpuStream stream) {
        products.run(i, stream);
    }

    /** After the last piece, when {@code norm} has its sums. */
    void end(BatchNormBackward norm, CpuStream stream) {
        products.end(stream);
        algebra.finishWeight(norm, products.weight());
        if (order.isPresent()) {
            algebra.correction(norm, own[6], own[7]);
        }
    }

    void close() {
        forward.close();
        products.close();
        order.ifPresent(Step.Work::close);
    }
}
