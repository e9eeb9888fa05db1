package donna.cpu;

import donna.cpu.Primitives.Product;
import donna.cpu.kernel.GlobalPool;
import donna.ffi.DnnlElement;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Matrix products, by oneDNN on row-major memory, and the sums that are their biases' gradients. */
final class ProductLowering {
    private final PlanBuilder b;

    ProductLowering(PlanBuilder b) {
        this.b = b;
    }

    void linear(Node n, Op.Linear o) {
        Shape w = n.input(1).shape();
        int rows = Math.toIntExact(n.input(0).shape().elements() / w.dim(1));
        multiply(n, new Product(DnnlElement.F32, 1, rows, w.dim(1), w.dim(0), false, true, o.bias()));
    }

    void matmul(Node n, Op.MatMul o) {
        Shape a = n.input(0).shape();
        Shape dst = n.output(0).shape();
        int m = dst.dim(-2);
        int k = a.dim(o.transposeA() ? -2 : -1);
        int batch = Math.toIntExact(dst.elements() / m / dst.dim(-1));
        multiply(n, new Product(DnnlElement.F32, batch, m, k, dst.dim(-1), o.transposeA(), o.transposeB(), false));
    }

    private void multiply(Node n, Product p) {
        DnnlElement wanted = b.multiplied((long) p.m() * p.n(), (long) p.m() + p.n());
        DnnlElement element = b.primitives().product(p.of(wanted)).isPresent() ? wanted : DnnlElement.F32;
        Compiled c = b.primitives().product(p.of(element)).orElseThrow(() -> new DonnaException.Unavailable(
                "cpu: " + n.op().getClass().getSimpleName() + " '" + n.name() + "' " + p + ": oneDNN has only its reference implementation"));
        List<Slot> slots = new ArrayList<>();
        for (Value v : n.inputs()) {
            slots.add(slots.size() < 2 ? operand(v, element) : b.plain(v));
        }
        slots.add(b.define(n.output(0), 1));
        b.primitive(c, slots.toArray(Slot[]::new));
    }

    private Slot operand(Value v, DnnlElement element) {
        return v.node().op() instanceof Op.Variable && element != DnnlElement.F32
                ? b.derived(v, element, () -> b.rounded(v, element))
                : b.in(v, element, 1);
    }

    void sumExcept(Node n, Op.SumExcept o) {
        Shape s = n.input(0).shape();
        Slot src = b.origin(n.input(0));
        Slot dst = b.define(n.output(0), 1);
        if (src.block() > 1 && o.axis() == 1) {
            GlobalPool k = new GlobalPool(s.dim(0), s.dim(1), s.dim(2), s.dim(3));
            b.step("vector", (m, stream) -> k.sum(m[0], m[1]), src, dst);
            return;
        }
        int outer = 1;
        int inner = 1;
        for (int i = 0; i < s.rank(); i++) {
            outer *= i < o.axis() ? s.dim(i) : 1;
            inner *= i > o.axis() ? s.dim(i) : 1;
        }
        int before = outer;
        int after = inner;
        b.step("loop", (m, stream) -> RowLoops.sumExcept(m[0], before, s.dim(o.axis()), after, m[1]), b.plain(n.input(0)), dst);
    }
}
