package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.kernels.Kernel;
import donna.kernels.Launch;

/** Losses and softmax. */
final class LossLowering {
    /** Blocks that share the elements of a loss, at most. */
    private static final int MOST_BLOCKS = 256;

    private final PlanBuilder b;

    LossLowering(PlanBuilder b) {
        this.b = b;
    }

    /** Blocks for {@code count} elements, four for each thread. */
    static int blocks(long count) {
        return Math.clamp(count / (4L * Launch.BLOCK), 1, MOST_BLOCKS);
    }

    void nsr(Node n) {
        Slot src = b.image(n.input(0));
        squares(n, src, b.image(n.input(1)), b.plain(n.input(2)), true, n.input(0).shape().dim(1));
    }

    void meanSquaredError(Node n) {
        Slot src = b.origin(n.input(0));
        squares(n, src, b.in(n.input(1), src.order()), src, false, 1);
    }

    private void squares(Node n, Slot src, Slot target, Slot weights, boolean weighted, int channels) {
        int blocks = blocks(src.count());
        Slot partial = b.floats(blocks);
        Slot loss = b.define(n.output(0));
        b.kernel(Kernel.WEIGHTED_SQUARES, Launch.rows(blocks), src, target, weights, partial, b.outLike(n.output(1), src), weighted ? 1 : 0, channels,
                src.count());
        b.kernel(Kernel.SUM_PARTIALS, Launch.rows(1), partial, loss, blocks);
    }

    void crossEntropy(Node n, Op.CrossEntropy o) {
        rows(n, Kernel.CROSS_ENTROPY, b.origin(n.input(1)), o.smoothing());
    }

    void distillation(Node n, Op.DistillationLoss o) {
        rows(n, Kernel.DISTILLATION, b.plain(n.input(1)), o.temperature());
    }

    private void rows(Node n, Kernel kernel, Slot targets, float parameter) {
        int samples = n.input(0).shape().dim(0);
        int classes = Math.toIntExact(n.input(0).shape().elements() / samples);
        Slot partial = b.floats(samples);
        Slot loss = b.define(n.output(0));
        b.kernel(kernel, Launch.rows(samples), b.plain(n.input(0)), targets, partial, b.define(n.output(1)), parameter, samples, classes);
        b.kernel(Kernel.SUM_PARTIALS, Launch.rows(1), partial, loss, samples);
    }

    void softmax(Node n) {
        b.kernel(Kernel.SOFTMAX, Launch.rows(ProductLowering.rows(n.input(0).shape())), b.plain(n.input(0)), b.define(n.output(0)), n.input(0).shape().dim(-1));
    }

    void softmaxBackward(Node n) {
        b.kernel(Kernel.SOFTMAX_BACKWARD, Launch.rows(ProductLowering.rows(n.input(0).shape())), b.plain(n.input(0)), b.plain(n.input(1)), b.define(n.output(0)),
                n.input(0).shape().dim(-1));
    }
}
