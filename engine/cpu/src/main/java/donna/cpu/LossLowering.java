package donna.cpu;

import donna.cpu.kernel.NsrLoss;
import donna.cpu.kernel.RowLosses;
import donna.graph.Node;
import donna.graph.Op;
import donna.tensor.Shape;

/** Losses and softmax. */
final class LossLowering {
    private final PlanBuilder b;

    LossLowering(PlanBuilder b) {
        this.b = b;
    }

    void nsr(Node n) {
        Shape s = n.input(0).shape();
        NsrLoss k = new NsrLoss(s.dim(0), s.dim(1), s.dim(2), s.dim(3));
        Slot src = b.in(n.input(0), Lowering.block());
        Slot target = b.in(n.input(1), Lowering.block());
        b.step("vector", (m, stream) -> k.run(m[0], m[1], m[2], m[3], m[4]), src, target, b.plain(n.input(2)), b.define(n.output(0), 1),
                b.outLike(n.output(1), src));
    }

    void crossEntropy(Node n, Op.CrossEntropy o) {
        int rows = rows(n);
        int columns = n.input(0).shape().dim(-1);
        b.step("vector", (m, stream) -> RowLosses.crossEntropy(m[0], m[1], o.smoothing(), m[2], m[3], rows, columns), b.plain(n.input(0)),
                b.origin(n.input(1)), b.define(n.output(0), 1), b.define(n.output(1), 1));
    }

    void distillation(Node n, Op.DistillationLoss o) {
        int rows = rows(n);
        int columns = n.input(0).shape().dim(-1);
        b.step("vector", (m, stream) -> RowLosses.distillation(m[0], m[1], o.temperature(), m[2], m[3], rows, columns), b.plain(n.input(0)),
                b.plain(n.input(1)), b.define(n.output(0), 1), b.define(n.output(1), 1));
    }

    void meanSquaredError(Node n) {
        Slot src = b.origin(n.input(0));
        Slot target = b.in(n.input(1), src.block());
        long stored = src.bytes() / Float.BYTES;
        long count = n.input(0).shape().elements();
        b.step("vector", (m, stream) -> RowLosses.meanSquaredError(m[0], m[1], m[2], m[3], stored, count), src, target, b.define(n.output(0), 1),
                b.define(n.output(1), src.block()));
    }

    void softmax(Node n) {
        int rows = rows(n);
        int columns = n.input(0).shape().dim(-1);
        b.step("vector", (m, stream) -> RowLosses.softmax(m[0], m[1], rows, columns), b.plain(n.input(0)), b.define(n.output(0), 1));
    }

    void softmaxBackward(Node n) {
        int rows = rows(n);
        int columns = n.input(0).shape().dim(-1);
        b.step("vector", (m, stream) -> RowLosses.softmaxBackward(m[0], m[1], m[2], rows, columns), b.plain(n.input(0)), b.plain(n.input(1)),
                b.define(n.output(0), 1));
    }

    private static int rows(Node n) {
        Shape s = n.input(0).shape();
        return Math.toIntExact(s.elements() / s.dim(-1));
    }
}
