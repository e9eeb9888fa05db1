package donna.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import donna.cpu.kernel.Activations;
import donna.cpu.kernel.ChannelGate;
import donna.cpu.kernel.Elementwise;
import donna.cpu.kernel.Lanes;
import donna.graph.Mask;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Layout;
import donna.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Ops that touch each element by itself, in place where their source is not needed any more. */
final class ElementwiseLowering {
    private final PlanBuilder b;
    private final GateFusion gates;
    /** Gates whose scaled image has taken the place of the image. */
    private final Set<Node> overwriting = new HashSet<>();

    ElementwiseLowering(PlanBuilder b, GateFusion gates) {
        this.b = b;
        this.gates = gates;
    }

    private static long count(Slot s) {
        return s.bytes() / Float.BYTES;
    }

    void fill(Node n, Op.Fill o) {
        Slot dst = b.define(n.output(0), 1);
        b.step("loop", (m, stream) -> fill(m[0], o.value()), dst);
    }

    private static void fill(MemorySegment dst, float value) {
        long count = dst.byteSize() / Float.BYTES;
        for (long i = 0; i < count; i++) {
            dst.setAtIndex(JAVA_FLOAT, i, value);
        }
    }

    void activate(Node n, Op.Activate o) {
        Slot src = b.origin(n.input(0));
        Slot dst = b.outLike(n.output(0), src);
        long count = count(src);
        b.step("vector", (m, stream) -> Activations.forward(o.act(), m[0], m[1], count), src, dst);
        if (!o.act().keepsZero() && dst.block() > 1) {
            clearMissing(n.output(0).shape(), dst);
        }
    }

    private void clearMissing(Shape s, Slot dst) {
        if (s.dim(1) % dst.block() != 0) {
            b.step("vector clear", (m, stream) -> Lanes.clearMissing(m[0], s.dim(0), s.dim(1), s.dim(2), s.dim(3)), dst);
        }
    }

    void activateBackward(Node n, Op.ActivateBackward o) {
        Slot src = b.origin(n.input(1));
        Slot dDst = b.in(n.input(0), src.block());
        Slot dSrc = b.outLike(n.output(0), dDst);
        long count = count(src);
        b.step("vector", (m, stream) -> Activations.backward(o.act(), m[0], m[1], m[2], count), dDst, src, dSrc);
    }

    private interface Binary {
        void run(MemorySegment x, MemorySegment y, MemorySegment dst, long count);
    }

    private void binary(Node n, Binary op) {
        int block = Math.max(b.origin(n.input(0)).block(), b.origin(n.input(1)).block());
        Slot x = b.in(n.input(0), block);
        Slot y = b.in(n.input(1), block);
        Slot dst = b.overwritable(x) ? b.alias(n.output(0), x) : b.outLike(n.output(0), y);
        long count = count(dst);
        b.step("vector", (m, stream) -> op.run(m[0], m[1], m[2], count), x, y, dst);
    }

    void add(Node n) {
        binary(n, Elementwise::add);
    }

    void addEach(Node n) {
        Slot src = b.plain(n.input(0));
        Slot each = b.plain(n.input(1));
        Slot dst = b.outLike(n.output(0), src);
        long count = count(each);
        int samples = n.output(0).shape().dim(0);
        b.step("vector", (m, stream) -> Elementwise.addEach(m[0], m[1], m[2], count, samples), src, each, dst);
    }

    void multiply(Node n) {
        binary(n, Elementwise::multiply);
    }

    void scale(Node n, Op.Scale o) {
        Slot src = b.origin(n.input(0));
        Slot dst = b.outLike(n.output(0), src);
        long count = count(src);
        b.step("vector", (m, stream) -> Elementwise.scale(o.factor(), m[0], m[1], count), src, dst);
    }

    void scaleBy(Node n) {
        Slot src = b.origin(n.input(0));
        Slot factor = b.plain(n.input(1));
        Slot dst = b.outLike(n.output(0), src);
        long count = count(src);
        b.step("vector", (m, stream) -> Elementwise.scaleBy(m[0], m[1], m[2], count), src, factor, dst);
    }

    private static ChannelGate gate(Value image) {
        Shape s = image.shape();
        return new ChannelGate(s.dim(0), s.dim(1), s.dim(2), s.dim(3));
    }

    void channelScale(Node n) {
        ChannelGate k = gate(n.input(0));
        Slot src = b.in(n.input(0), Lowering.block());
        Slot factor = b.plain(n.input(1));
        boolean replaces = gates.mayOverwrite(n) && src.inScratch() && src.pending() == 2;
        if (replaces) {
            overwriting.add(n);
        }
        Slot dst = replaces ? b.alias(n.output(0), src) : b.outLike(n.output(0), src);
        b.step("vector", (m, stream) -> k.scale(m[0], m[1], m[2]), src, factor, dst);
    }

    /** An addition that stands for a gate's and a pool's gradient. */
    void gateBackward(Node n, GateFusion.Parts parts) {
        ChannelGate k = gate(n.output(0));
        Slot dDst = b.in(parts.scale().input(0), Lowering.block());
        Slot factor = b.plain(parts.scale().input(1));
        Slot dPooled = b.plain(parts.spread().input(0));
        b.step("vector gate and pool", (m, stream) -> k.backwardSource(m[0], m[1], m[2], m[3]), dDst, factor, dPooled, b.outLike(n.output(0), dDst));
    }

    void channelScaleBackwardGate(Node n) {
        ChannelGate k = gate(n.input(0));
        Slot dDst = b.in(n.input(0), Lowering.block());
        Optional<Node> scale = gates.scaledBy(n).filter(overwriting::contains);
        if (scale.isPresent()) {
            b.step("vector over gate", (m, stream) -> k.backwardGate(m[0], m[1], m[2], m[3]), dDst, b.in(scale.get().output(0), Lowering.block()),
                    b.plain(scale.get().input(1)), b.define(n.output(0), 1));
            return;
        }
        Slot src = b.in(n.input(1), Lowering.block());
        b.step("vector", (m, stream) -> k.backwardGate(m[0], m[1], m[2]), dDst, src, b.define(n.output(0), 1));
    }

    void dropout(Node n, Op.Dropout o) {
        Shape s = n.input(0).shape();
        Slot src = b.origin(n.input(0));
        Slot step = b.plain(n.input(1));
        Slot dst = b.outLike(n.output(0), src);
        Layout layout = new Layout(src.block());
        b.step("loop", (m, stream) -> dropout(o, s, layout, m[0], m[1].get(JAVA_FLOAT, 0), m[2]), src, step, dst);
    }

    private static void dropout(Op.Dropout o, Shape s, Layout layout, MemorySegment src, float step, MemorySegment dst) {
        float factor = (float) (1 / (1 - (double) o.rate()));
        long perSample = s.elements() / s.dim(0);
        if (layout.block() == 1) {
            for (long i = 0; i < s.elements(); i++) {
                boolean keep = Mask.keep(o.salt(), (long) step, o.perSample() ? i / perSample : i, o.rate());
                dst.setAtIndex(JAVA_FLOAT, i, keep ? factor * src.getAtIndex(JAVA_FLOAT, i) : 0);
            }
            return;
        }
        if (src.address() != dst.address()) {
            dst.fill((byte) 0);
        }
        long i = 0;
        for (int n = 0; n < s.dim(0); n++) {
            for (int c = 0; c < s.dim(1); c++) {
                for (int y = 0; y < s.dim(2); y++) {
                    for (int x = 0; x < s.dim(3); x++) {
                        long at = layout.index(s, n, c, y, x);
                        boolean keep = Mask.keep(o.salt(), (long) step, o.perSample() ? n : i, o.rate());
                        dst.setAtIndex(JAVA_FLOAT, at, keep ? factor * src.getAtIndex(JAVA_FLOAT, at) : 0);
                        i++;
                    }
                }
            }
        }
    }
}
