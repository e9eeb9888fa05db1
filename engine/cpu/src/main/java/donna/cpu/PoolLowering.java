package donna.cpu;

import donna.cpu.kernel.GlobalPool;
import donna.cpu.kernel.WindowPool;
import donna.graph.Node;
import donna.graph.Op;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** Pooling of blocked images. */
final class PoolLowering {
    private final PlanBuilder b;

    PoolLowering(PlanBuilder b) {
        this.b = b;
    }

    private static GlobalPool global(Shape s) {
        return new GlobalPool(s.dim(0), s.dim(1), s.dim(2), s.dim(3));
    }

    private static WindowPool window(Shape s, int kernel, ConvGeometry g) {
        return new WindowPool(s.dim(0), s.dim(1), s.dim(2), s.dim(3), kernel, g);
    }

    void globalAverage(Node n) {
        GlobalPool k = global(n.input(0).shape());
        b.step("vector", (m, stream) -> k.average(m[0], m[1]), b.in(n.input(0), Lowering.block()), b.define(n.output(0), 1));
    }

    void globalAverageBackward(Node n, Op.GlobalAveragePoolBackward o) {
        GlobalPool k = global(o.src());
        b.step("vector", (m, stream) -> k.averageBackward(m[0], m[1]), b.plain(n.input(0)), b.define(n.output(0), Lowering.block()));
    }

    private interface Unary {
        void run(MemorySegment src, MemorySegment dst);
    }

    private void unary(Node n, Unary kernel) {
        b.step("vector", (m, stream) -> kernel.run(m[0], m[1]), b.in(n.input(0), Lowering.block()), b.define(n.output(0), Lowering.block()));
    }

    void average(Node n, Op.AveragePool o) {
        unary(n, window(n.input(0).shape(), o.kernel(), o.geometry())::average);
    }

    void averageBackward(Node n, Op.AveragePoolBackward o) {
        unary(n, window(o.src(), o.kernel(), o.geometry())::averageBackward);
    }

    void max(Node n, Op.MaxPool o) {
        unary(n, window(n.input(0).shape(), o.kernel(), o.geometry())::max);
    }

    void maxBackward(Node n, Op.MaxPoolBackward o) {
        WindowPool k = window(n.input(1).shape(), o.kernel(), o.geometry());
        Slot dDst = b.in(n.input(0), Lowering.block());
        Slot src = b.in(n.input(1), Lowering.block());
        b.step("vector", (m, stream) -> k.maxBackward(m[0], m[1], m[2]), dDst, src, b.define(n.output(0), Lowering.block()));
    }
}
