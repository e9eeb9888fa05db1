package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.kernels.Storage;
import donna.tensor.Shape;

/** Ops that touch each element by itself, in place where their source is not needed any more. */
final class ElementwiseLowering {
    private final PlanBuilder b;

    ElementwiseLowering(PlanBuilder b) {
        this.b = b;
    }

    void fill(Node n, Op.Fill o) {
        Slot dst = b.define(n.output(0));
        b.kernel(Kernel.FILL, Launch.eights(dst.count()), dst, o.value(), dst.count());
    }

    void activate(Node n, Op.Activate o) {
        Slot src = b.origin(n.input(0));
        b.kernel(Kernel.ACTIVATION, Launch.eights(src.count()), src, b.outLike(n.output(0), src), o.act().ordinal(), src.count());
    }

    void activateBackward(Node n, Op.ActivateBackward o) {
        Storage storage = b.storage(n.input(0), n.input(1));
        Slot src = b.in(n.input(1), b.origin(n.input(1)).order(), storage);
        Slot dDst = b.in(n.input(0), src.order(), storage);
        Slot dSrc = b.outLike(n.output(0), dDst);
        b.kernel(Kernel.ACTIVATION_BACKWARD, Launch.eights(src.count()), dDst, src, dSrc, o.act().ordinal(), src.count());
    }

    private void binary(Node n, Kernel kernel) {
        boolean image = b.origin(n.input(0)).order() == Order.CHANNELS_LAST || b.origin(n.input(1)).order() == Order.CHANNELS_LAST;
        Order order = image ? Order.CHANNELS_LAST : Order.ROW_MAJOR;
        Storage storage = b.storage(n.input(0), n.input(1));
        Slot x = b.in(n.input(0), order, storage);
        Slot y = b.in(n.input(1), order, storage);
        Slot dst = b.outLike(n.output(0), x.inScratch() && x.pending() == 1 ? x : y);
        b.kernel(kernel, Launch.eights(x.count()), x, y, dst, x.count());
    }

    void add(Node n) {
        if (b.isSummed(n)) {
            b.alias(n.output(0), b.origin(n.input(0)));
        } else {
            binary(n, Kernel.ADD);
        }
    }

    void addEach(Node n) {
        Slot src = b.origin(n.input(0));
        Slot each = b.in(n.input(1), src.order(), Storage.F32);
        b.kernel(Kernel.ADD_EACH, Launch.eights(src.count()), src, each, b.outLike(n.output(0), src), each.count(), src.count());
    }

    void multiply(Node n) {
        binary(n, Kernel.MULTIPLY);
    }

    void scale(Node n, Op.Scale o) {
        Slot src = b.origin(n.input(0));
        b.kernel(Kernel.SCALE, Launch.eights(src.count()), src, b.outLike(n.output(0), src), o.factor(), src.count());
    }

    void scaleBy(Node n) {
        Slot src = b.origin(n.input(0));
        Slot factor = b.plain(n.input(1));
        b.kernel(Kernel.SCALE_BY, Launch.eights(src.count()), src, factor, b.outLike(n.output(0), src), src.count());
    }

    void channelScale(Node n) {
        Shape s = n.input(0).shape();
        Storage storage = b.storage(n.input(0), n.input(1));
        Slot src = b.in(n.input(0), Order.CHANNELS_LAST, storage);
        Slot gate = b.in(n.input(1), Order.ROW_MAJOR, storage);
        Slot dst = b.outLike(n.output(0), src);
        b.kernel(Kernel.CHANNEL_SCALE, Launch.eights(src.count()), src, gate, dst, s.dim(2) * s.dim(3), s.dim(1), src.count());
    }

    void channelScaleBackwardGate(Node n) {
        Shape s = n.input(0).shape();
        Storage storage = b.storage(n.input(0), n.input(1));
        Slot dDst = b.in(n.input(0), Order.CHANNELS_LAST, storage);
        Slot src = b.in(n.input(1), Order.CHANNELS_LAST, storage);
        Slot dGate = b.define(n.output(0), Order.ROW_MAJOR, storage);
        b.kernel(Kernel.SUM_PIXELS, RowSums.ofSamples(s.dim(0), s.dim(2) * s.dim(3), s.dim(1)), dDst, src, dGate, 1f, s.dim(2) * s.dim(3), s.dim(1));
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
