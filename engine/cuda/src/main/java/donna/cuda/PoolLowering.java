package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.kernels.Storage;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;

/** Pooling over windows and over whole planes. */
final class PoolLowering {
    private final PlanBuilder b;
    private final NormLowering norms;

    PoolLowering(PlanBuilder b, NormLowering norms) {
        this.b = b;
        this.norms = norms;
    }

    void globalAverage(Node n) {
        Shape s = n.input(0).shape();
        int pixels = s.dim(2) * s.dim(3);
        if (norms.isDeferred(n.input(0))) {
            norms.sumPixels(n.input(0), null, b.define(n.output(0), Order.ROW_MAJOR), 1f / pixels);
            return;
        }
        Slot src = image(n, 0);
        Slot dst = b.define(n.output(0), Order.ROW_MAJOR, src.storage());
        RowSums sums = RowSums.ofSamples(s.dim(0), pixels, s.dim(1));
        b.sums(Kernel.SUM_PIXELS, sums, src, null, b.floats(sums.partials(1)), dst, 1f / pixels, pixels, s.dim(1), sums.chunks());
    }

    void globalAverageBackward(Node n, Op.GlobalAveragePoolBackward o) {
        int pixels = o.src().dim(2) * o.src().dim(3);
        Slot dDst = b.in(n.input(0), Order.ROW_MAJOR, b.storage(n.input(0)));
        Slot dSrc = b.define(n.output(0), Order.CHANNELS_LAST, dDst.storage());
        b.kernel(Kernel.SPREAD_PIXELS, Launch.eights(dSrc.count()), dDst, dSrc, 1f / pixels, pixels, o.src().dim(1), dSrc.count());
    }

    /** Input {@code i} with the channels last, stored as it is. */
    private Slot image(Node n, int i) {
        return b.in(n.input(i), Order.CHANNELS_LAST, b.origin(n.input(i)).storage());
    }

    void average(Node n, Op.AveragePool o) {
        window(Kernel.AVERAGE_POOL, n, n.input(0).shape(), n.output(0).shape(), o.kernel(), o.geometry(), image(n, 0));
    }

    void averageBackward(Node n, Op.AveragePoolBackward o) {
        window(Kernel.AVERAGE_POOL_BACKWARD, n, o.src(), n.input(0).shape(), o.kernel(), o.geometry(), image(n, 0));
    }

    void max(Node n, Op.MaxPool o) {
        window(Kernel.MAX_POOL, n, n.input(0).shape(), n.output(0).shape(), o.kernel(), o.geometry(), image(n, 0));
    }

    void maxBackward(Node n, Op.MaxPoolBackward o) {
        Storage storage = b.storage(n.input(0), n.input(1));
        Slot dDst = b.in(n.input(0), Order.CHANNELS_LAST, storage);
        Slot src = b.in(n.input(1), Order.CHANNELS_LAST, storage);
        window(Kernel.MAX_POOL_BACKWARD, n, n.input(1).shape(), n.input(0).shape(), o.kernel(), o.geometry(), dDst, src);
    }

    /** A thread for each element of the output, which is stored as {@code inputs} are. */
    private void window(Kernel kernel, Node n, Shape src, Shape dst, int size, ConvGeometry g, Slot... inputs) {
        Slot out = b.define(n.output(0), Order.CHANNELS_LAST, inputs[0].storage());
        Object[] sizes = {
            out, src.dim(2), src.dim(3), src.dim(1), dst.dim(2), dst.dim(3), size, g.stride(), g.padding(), g.dilation(), out.count()
        };
        Object[] all = new Object[inputs.length + sizes.length];
        System.arraycopy(inputs, 0, all, 0, inputs.length);
        System.arraycopy(sizes, 0, all, inputs.length, sizes.length);
        b.kernel(kernel, Launch.elements(out.count()), all);
    }
}
