package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.kernels.Storage;
import donna.tensor.Shape;
import java.util.Optional;
import java.util.stream.Stream;

/** Ops that touch each element by itself, in place where their source is not needed any more. */
final class ElementwiseLowering {
    private static final int MOST_ROWS_ON_THE_WAY = 1024;

    private final PlanBuilder b;
    private final NormLowering norms;

    ElementwiseLowering(PlanBuilder b, NormLowering norms) {
        this.b = b;
        this.norms = norms;
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
        Optional<Node> total = b.fusions().reader(n.output(0), Op.SumExcept.class).filter(ElementwiseLowering::sumsFewRows);
        if (total.isPresent()) {
            Shape s = n.output(0).shape();
            b.kernel(Kernel.ACTIVATION_BACKWARD_SUMS, Launch.channels(s.dim(1), 1, 1), dDst, src, dSrc, b.define(total.get().output(0)),
                    o.act().ordinal(), s.dim(0), s.dim(1));
            return;
        }
        b.kernel(Kernel.ACTIVATION_BACKWARD, Launch.eights(src.count()), dDst, src, dSrc, o.act().ordinal(), src.count());
    }

    /** Whether the rows that {@code n} adds up are no more than a block takes on its way. */
    private static boolean sumsFewRows(Node n) {
        Shape s = n.input(0).shape();
        return s.rank() == 2 && ((Op.SumExcept) n.op()).axis() == 1 && s.dim(0) <= MOST_ROWS_ON_THE_WAY;
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

    /** One pass with what is worked out on the way. */
    void add(Node n) {
        b.fusions().spread(n).ifPresentOrElse(s -> channelScale(n, s.src(), s.gate(), Optional.of(s.shift())), () -> binary(n, Kernel.ADD));
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
        if (norms.isDeferred(n.input(0))) {
            norms.apply(n.input(0), n.input(1), b.define(n.output(0), Order.CHANNELS_LAST));
            return;
        }
        channelScale(n, n.input(0), Optional.of(n.input(1)), Optional.empty());
    }

    /** {@code src gate + spread / pixels}. */
    private void channelScale(Node n, Value src, Optional<Value> gate, Optional<Value> spread) {
        Shape s = src.shape();
        int pixels = s.dim(2) * s.dim(3);
        Storage storage = b.storage(Stream.of(Optional.of(src), gate, spread).flatMap(Optional::stream).toArray(Value[]::new));
        Slot from = b.in(src, Order.CHANNELS_LAST, storage);
        Slot factors = gate.map(v -> b.in(v, Order.ROW_MAJOR, storage)).orElse(null);
        Slot shift = spread.map(v -> b.in(v, Order.ROW_MAJOR, storage)).orElse(null);
        Slot dst = b.outLike(n.output(0), from);
        b.kernel(Kernel.CHANNEL_SCALE, Launch.eights(from.count()), from, factors, shift, dst, 1f / pixels, pixels, s.dim(1), from.count());
    }

    void channelScaleBackwardGate(Node n) {
        if (norms.isDeferred(n.input(1))) {
            norms.sumPixels(n.input(1), b.image(n.input(0)), b.define(n.output(0), Order.ROW_MAJOR), 1f);
            return;
        }
        Shape s = n.input(0).shape();
        Storage storage = b.storage(n.input(0), n.input(1));
        Slot dDst = b.in(n.input(0), Order.CHANNELS_LAST, storage);
        Slot src = b.in(n.input(1), Order.CHANNELS_LAST, storage);
        Slot dGate = b.define(n.output(0), Order.ROW_MAJOR, storage);
        int pixels = s.dim(2) * s.dim(3);
        RowSums sums = RowSums.ofSamples(s.dim(0), pixels, s.dim(1));
        b.sums(Kernel.SUM_PIXELS, sums, dDst, src, b.floats(sums.partials(1)), dGate, 1f, pixels, s.dim(1), sums.chunks());
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
