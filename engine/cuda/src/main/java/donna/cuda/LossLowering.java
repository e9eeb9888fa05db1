package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.kernels.Storage;

/** Losses and softmax. */
final class LossLowering {
    /** Blocks that share the elements of a loss, at most. */
    private static final int MOST_BLOCKS = 1056;

    private final PlanBuilder b;

    LossLowering(PlanBuilder b) {
        this.b = b;
    }

    /** Blocks for {@code count} elements, sixteen for each thread. */
    private static int blocks(long count) {
        return Math.clamp(count / (16L * Launch.BLOCK), 1, MOST_BLOCKS);
    }

    /** A loss's gradient, and the number on the device that multiplies it at once; null for none. */
    private record Scaled(Value gradient, Slot scale) {}

    /** What multiplies the gradient is taken into the loss's own pass where it is there already, as is the scale of a whole training step. */
    private Scaled scaled(Node n) {
        return b.fusions().scaling(n.output(1))
                .filter(s -> b.has(s.input(1)))
                .map(s -> new Scaled(s.output(0), b.plain(s.input(1))))
                .orElse(new Scaled(n.output(1), null));
    }

    /** As {@code values} are stored; floats where the gradient is multiplied later, as 16 bits might not hold it until then. */
    private Storage storage(Node n, Value... values) {
        boolean later = b.fusions().scaling(n.output(1)).filter(s -> !b.has(s.input(1))).isPresent();
        return later ? Storage.F32 : b.storage(values);
    }

    void nsr(Node n) {
        Storage storage = storage(n, n.input(0), n.input(1));
        Slot src = b.in(n.input(0), Order.CHANNELS_LAST, storage);
        squares(n, src, b.in(n.input(1), Order.CHANNELS_LAST, storage), b.plain(n.input(2)), n.input(0).shape().dim(1));
    }

    void meanSquaredError(Node n) {
        Storage storage = storage(n, n.input(0), n.input(1));
        Slot src = b.in(n.input(0), b.origin(n.input(0)).order(), storage);
        squares(n, src, b.in(n.input(1), src.order(), storage), null, 1);
    }

    private void squares(Node n, Slot src, Slot target, Slot weights, int channels) {
        int blocks = blocks(src.count());
        Slot partial = b.floats(blocks);
        Slot loss = b.define(n.output(0));
        Scaled d = scaled(n);
        b.kernel(Kernel.WEIGHTED_SQUARES, Launch.rows(blocks), src, target, weights, partial, b.outLike(d.gradient, src), d.scale, channels, src.count());
        b.kernel(Kernel.SUM_PARTIALS, Launch.rows(1), partial, loss, blocks);
    }

    void crossEntropy(Node n, Op.CrossEntropy o) {
        rows(n, Kernel.CROSS_ENTROPY, storage(n, n.input(0)), b.origin(n.input(1)), o.smoothing());
    }

    void distillation(Node n, Op.DistillationLoss o) {
        Storage storage = storage(n, n.input(0), n.input(1));
        rows(n, Kernel.DISTILLATION, storage, b.in(n.input(1), Order.ROW_MAJOR, storage), o.temperature());
    }

    private void rows(Node n, Kernel kernel, Storage storage, Slot targets, float parameter) {
        int samples = n.input(0).shape().dim(0);
        int classes = Math.toIntExact(n.input(0).shape().elements() / samples);
        Slot partial = b.floats(samples);
        Slot loss = b.define(n.output(0));
        Slot logits = b.in(n.input(0), Order.ROW_MAJOR, storage);
        Scaled d = scaled(n);
        Slot dLogits = b.define(d.gradient, Order.ROW_MAJOR, storage);
        b.kernel(kernel, Launch.rows(samples), logits, targets, partial, dLogits, d.scale, parameter, samples, classes);
        b.kernel(Kernel.SUM_PARTIALS, Launch.rows(1), partial, loss, samples);
    }

    void softmax(Node n) {
        Slot src = b.in(n.input(0), Order.ROW_MAJOR, b.origin(n.input(0)).storage());
        Slot dst = b.define(n.output(0), Order.ROW_MAJOR, src.storage());
        int rows = ProductLowering.rows(n.input(0).shape());
        b.kernel(Kernel.SOFTMAX, Launch.warps(rows), src, dst, n.input(0).shape().dim(-1), rows);
    }

    void softmaxBackward(Node n) {
        Storage storage = b.storage(n.input(0), n.input(1));
        Slot dDst = b.in(n.input(0), Order.ROW_MAJOR, storage);
        Slot dst = b.in(n.input(1), Order.ROW_MAJOR, storage);
        Slot dSrc = b.define(n.output(0), Order.ROW_MAJOR, storage);
        int rows = ProductLowering.rows(n.input(0).shape());
        b.kernel(Kernel.SOFTMAX_BACKWARD, Launch.warps(rows), dDst, dst, dSrc, n.input(0).shape().dim(-1), rows);
    }
}
