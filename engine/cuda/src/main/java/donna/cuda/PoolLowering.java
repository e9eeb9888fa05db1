package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;

/** Pooling over windows and over whole planes. */
final class PoolLowering {
    private final PlanBuilder b;

    PoolLowering(PlanBuilder b) {
        this.b = b;
    }

    void globalAverage(Node n) {
        Shape s = n.input(0).shape();
        int pixels = s.dim(2) * s.dim(3);
        Slot src = b.image(n.input(0));
        b.kernel(Kernel.SUM_PIXELS, Launch.channels(s.dim(1), s.dim(0), 1), src, src, b.define(n.output(0)), 1f / pixels, 0, pixels, s.dim(1));
    }

    void globalAverageBackward(Node n, Op.GlobalAveragePoolBackward o) {
        int pixels = o.src().dim(2) * o.src().dim(3);
        Slot dSrc = b.define(n.output(0), Order.CHANNELS_LAST);
        b.kernel(Kernel.SPREAD_PIXELS, Launch.elements(dSrc.count()), b.plain(n.input(0)), dSrc, 1f / pixels, pixels, o.src().dim(1), dSrc.count());
    }

    void average(Node n, Op.AveragePool o) {
        Slot dst = b.define(n.output(0), Order.CHANNELS_LAST);
        window(Kernel.AVERAGE_POOL, n.input(0).shape(), n.output(0).shape(), o.kernel(), o.geometry(), dst.count(), b.image(n.input(0)), dst);
    }

    void averageBackward(Node n, Op.AveragePoolBackward o) {
        Slot dSrc = b.define(n.output(0), Order.CHANNELS_LAST);
        window(Kernel.AVERAGE_POOL_BACKWARD, o.src(), n.input(0).shape(), o.kernel(), o.geometry(), dSrc.count(), b.image(n.input(0)), dSrc);
    }

    void max(Node n, Op.MaxPool o) {
        Slot dst = b.define(n.output(0), Order.CHANNELS_LAST);
        window(Kernel.MAX_POOL, n.input(0).shape(), n.output(0).shape(), o.kernel(), o.geometry(), dst.count(), b.image(n.input(0)), dst);
    }

    void maxBackward(Node n, Op.MaxPoolBackward o) {
        Shape src = n.input(1).shape();
        Slot dSrc = b.define(n.output(0), Order.CHANNELS_LAST);
        window(Kernel.MAX_POOL_BACKWARD, src, n.input(0).shape(), o.kernel(), o.geometry(), dSrc.count(), b.image(n.input(0)), b.image(n.input(1)), dSrc);
    }

    private void window(Kernel kernel, Shape src, Shape dst, int size, ConvGeometry g, int count, Slot... slots) {
        Object[] sizes = {
            src.dim(2), src.dim(3), src.dim(1), dst.dim(2), dst.dim(3), size, g.stride(), g.padding(), g.dilation(), count
        };
        Object[] all = new Object[slots.length + sizes.length];
        System.arraycopy(slots, 0, all, 0, slots.length);
        System.arraycopy(sizes, 0, all, slots.length, sizes.length);
        b.kernel(kernel, Launch.elements(count), all);
    }
}
