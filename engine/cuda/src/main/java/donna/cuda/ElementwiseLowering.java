package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.tensor.Shape;

/** Ops that touch each element by itself, in place where their source is not needed any more. */
final class ElementwiseLowering {
    private final PlanBuilder b;

    ElementwiseLowering(PlanBuilder b) {
        this.b = b;
    }

    void fill(Node n, Op.Fill o) {
        Slot dst = b.define(n.output(0));
        b.kernel(Kernel.FILL, Launch.elements(dst.count()), dst, o.value(), dst.count());
    }

    void activate(Node n, Op.Activate o) {
        Slot src = b.origin(n.input(0));
        b.kernel(Kernel.ACTIVATION, Launch.elements(src.count()), src, b.outLike(n.output(0), src), o.act().ordinal(), src.count());
    }

    void activateBackward(Node n, Op.ActivateBackward o) {
        Slot src = b.origin(n.input(1));
        Slot dDst = b.in(n.input(0), src.order());
        Slot dSrc = b.outLike(n.output(0), dDst);
        b.kernel(Kernel.ACTIVATION_BACKWARD, Launch.elements(src.count()), dDst, src, dSrc, o.act().ordinal(), src.count());
    }

    private void binary(Node n, Kernel kernel) {
        boolean image = b.origin(n.input(0)).order() == Order.CHANNELS_LAST || b.origin(n.input(1)).order() == Order.CHANNELS_LAST;
        Order order = image ? Order.CHANNELS_LAST : Order.ROW_MAJOR;
        Slot x = b.in(n.input(0), order);
        Slot y = b.in(n.input(1), order);
        Slot dst = b.outLike(n.output(0), x.inScratch() && x.pending() == 1 ? x : y);
        b.kernel(kernel, Launch.elements(x.count()), x, y, dst, x.count());
    }

    void add(Node n) {
        binary(n, Kernel.ADD);
    }

    void addEach(Node n) {
        Slot src = b.origin(n.input(0));
        Slot each = b.in(n.input(1), src.order());
        b.kernel(Kernel.ADD_EACH, Launch.elements(src.count()), src, each, b.outLike(n.output(0), src), each.count(), src.count());
    }

    void multiply(Node n) {
        binary(n, Kernel.MULTIPLY);
    }

    void scale(Node n, Op.Scale o) {
        Slot src = b.origin(n.input(0));
        b.kernel(Kernel.SCALE, Launch.elements(src.count()), src, b.outLike(n.output(0), src), o.factor(), src.count());
    }

    void scaleBy(Node n) {
        Slot src = b.origin(n.input(0));
        Slot factor = b.plain(n.input(1));
        b.kernel(Kernel.SCALE_BY, Launch.elements(src.count()), src, factor, b.outLike(n.output(0), src), src.count());
    }

    void channelScale(Node n) {
        Shape s = n.input(0).shape();
        Slot src = b.image(n.input(0));
        Slot gate = b.plain(n.input(1));
        Slot dst = b.outLike(n.output(0), src);
        b.kernel(Kernel.CHANNEL_SCALE, Launch.elements(src.count()), src, gate, dst, s.dim(2) * s.dim(3), s.dim(1), src.count());
    }

    void channelScaleBackwardGate(Node n) {
        Shape s = n.input(0).shape();
        Slot dDst = b.image(n.input(0));
        Slot src = b.image(n.input(1));
        Slot dGate = b.define(n.output(0));
        b.kernel(Kernel.SUM_PIXELS, Launch.channels(s.dim(1), s.dim(0), 1), dDst, src, dGate, 1f, 1, s.dim(2) * s.dim(3), s.dim(1));
    }

    void dropout(Node n, Op.Dropout o) {
        Shape s = n.input(0).shape();
        Slot src = b.origin(n.input(0));
        Slot step = b.plain(n.input(1));
        Slot dst = b.outLike(n.output(0), src);
        boolean image = src.order() == Order.CHANNELS_LAST;
        int channels = image ? s.dim(1) : Math.toIntExact(s.elements() / s.dim(0));
        int pixels = image ? s.dim(2) * s.dim(3) : 1;
        b.kernel(Kernel.DROPOUT, Launch.elements(src.count()), src, step, dst, o.rate(), o.salt(), o.perSample() ? 1 : 0, pixels, channels, src.count());
    }
}
