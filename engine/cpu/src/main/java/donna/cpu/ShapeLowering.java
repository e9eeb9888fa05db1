package donna.cpu;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Ops that only move elements: views where possible, strided copies of row-major memory otherwise. */
final class ShapeLowering {
    private final PlanBuilder b;

    ShapeLowering(PlanBuilder b) {
        this.b = b;
    }

    /** Another name for the same memory; never a copy but where the source is blocked. */
    void reshape(Node n, Op.Reshape o) {
        Value v = n.input(0);
        Slot origin = b.origin(v);
        boolean wholeBlocks = origin.block() > 1 && v.shape().dim(2) * v.shape().dim(3) == 1 && v.shape().dim(1) % origin.block() == 0;
        Slot s = wholeBlocks ? origin : b.plain(v);
        if (wholeBlocks || s.block() != 1) {
            Slot copy = b.define(n.output(0), 1);
            b.step("copy", (m, stream) -> m[1].copyFrom(m[0]), s, copy);
            return;
        }
        b.alias(n.output(0), s);
    }

    void transpose(Node n, Op.Transpose o) {
        Shape src = n.input(0).shape();
        long[] all = StridedCopy.rowMajor(src);
        long[] permuted = o.permutation().stream().mapToLong(p -> all[p]).toArray();
        copy(n.input(0), b.define(n.output(0), 1), new StridedCopy(n.output(0).shape(), 0, permuted, 0, StridedCopy.rowMajor(n.output(0).shape()), false));
    }

    void slice(Node n, Op.Slice o) {
        long[] strides = StridedCopy.rowMajor(n.input(0).shape());
        copy(n.input(0), b.define(n.output(0), 1), new StridedCopy(o.shape(), offset(o.start(), strides), times(strides, o.step()), 0,
                StridedCopy.rowMajor(o.shape()), false));
    }

    void pad(Node n, Op.Pad o) {
        Shape src = n.input(0).shape();
        long[] strides = StridedCopy.rowMajor(o.shape());
        copy(n.input(0), b.define(n.output(0), 1), new StridedCopy(src, 0, StridedCopy.rowMajor(src), offset(o.start(), strides),
                times(strides, o.step()), true));
    }

    void concat(Node n, Op.Concat o) {
        Slot dst = b.define(n.output(0), 1);
        long[] strides = StridedCopy.rowMajor(n.output(0).shape());
        int at = 0;
        for (Value v : n.inputs()) {
            copy(v, dst, new StridedCopy(v.shape(), 0, StridedCopy.rowMajor(v.shape()), at * strides[o.axis()], strides, false));
            at += v.shape().dim(o.axis());
        }
    }

    private void copy(Value src, Slot dst, StridedCopy c) {
        b.step("strided copy", (m, stream) -> c.run(m[0], m[1]), b.plain(src), dst);
    }

    private static long offset(List<Integer> start, long[] strides) {
        long at = 0;
        for (int i = 0; i < strides.length; i++) {
            at += start.get(i) * strides[i];
        }
        return at;
    }

    private static long[] times(long[] strides, List<Integer> step) {
        List<Long> out = new ArrayList<>();
        for (int i = 0; i < strides.length; i++) {
            out.add(strides[i] * step.get(i));
        }
        return out.stream().mapToLong(Long::longValue).toArray();
    }
}
