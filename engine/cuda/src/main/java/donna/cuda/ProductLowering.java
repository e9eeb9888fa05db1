package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.tensor.Activation;
import donna.tensor.Shape;
import java.util.Optional;

/** Matrix products and sums. */
final class ProductLowering {
    private final PlanBuilder b;

    ProductLowering(PlanBuilder b) {
        this.b = b;
    }

    /** Rows of {@code s} as a matrix of its last dimension. */
    static int rows(Shape s) {
        return Math.toIntExact(s.elements() / s.dim(-1));
    }

    void linear(Node n, Op.Linear o) {
        Shape weight = n.input(1).shape();
        int rows = rows(n.input(0).shape());
        Slot src = b.rows(n.input(0));
        Slot w = b.rows(n.input(1));
        Slot dst = b.defineProduct(n.output(0), Order.ROW_MAJOR);
        b.product(Products.dense(rows, weight.dim(0), weight.dim(1), false, true, 1), 0, new Place(src, 0), new Place(w, 0), new Place(dst, 0));
        if (o.bias()) {
            Slot bias = b.plain(n.input(2));
            Optional<Node> next = b.fusions().reader(n.output(0), Op.Activate.class);
            Slot activated = next.map(a -> b.outLike(a.output(0), dst)).orElse(dst);
            Activation act = next.map(a -> ((Op.Activate) a.op()).act()).orElse(Activation.NONE);
            b.kernel(Kernel.EPILOGUE, Launch.eights(dst.count()), dst, bias, null, activated, act.ordinal(), weight.dim(0), dst.count());
        }
    }

    void matmul(Node n, Op.MatMul o) {
        Shape a = n.input(0).shape();
        Shape dst = n.output(0).shape();
        int m = dst.dim(-2);
        int columns = dst.dim(-1);
        int k = a.dim(o.transposeA() ? -2 : -1);
        int batch = Math.toIntExact(dst.elements() / ((long) m * columns));
        Slot x = b.rows(n.input(0));
        Slot y = b.rows(n.input(1));
        Place to = new Place(b.defineProduct(n.output(0), Order.ROW_MAJOR), 0);
        b.product(Products.dense(m, columns, k, o.transposeA(), o.transposeB(), batch), 0, new Place(x, 0), new Place(y, 0), to);
    }

    void sumExcept(Node n, Op.SumExcept o) {
        Shape s = n.input(0).shape();
        boolean channels = o.axis() == 1 && b.origin(n.input(0)).order() == Order.CHANNELS_LAST;
        Slot src = b.in(n.input(0), channels ? Order.CHANNELS_LAST : Order.ROW_MAJOR, b.origin(n.input(0)).storage());
        Slot dst = b.define(n.output(0));
        int middle = s.dim(o.axis());
        long inner = 1;
        for (int i = o.axis() + 1; i < s.rank() && !channels; i++) {
            inner *= s.dim(i);
        }
        int outer = Math.toIntExact(s.elements() / middle / inner);
        if (inner == 1) {
            RowSums sums = RowSums.of(outer, middle, 8);
            b.sums(Kernel.SUM_ROWS, sums, src, b.floats(sums.partials(1)), dst, outer, middle, sums.chunks());
        } else {
            b.kernel(Kernel.SUM_EXCEPT, Launch.rows(middle), src, dst, outer, middle, Math.toIntExact(inner));
        }
    }
}
