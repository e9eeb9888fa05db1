package donna.cpu;

import donna.cpu.Primitives.Conv;
import donna.cpu.Primitives.Pass;
import donna.cpu.kernel.Activations;
import donna.cpu.kernel.DepthwiseBackwardData;
import donna.cpu.kernel.DepthwiseBackwardWeight;
import donna.cpu.kernel.DepthwiseForward;
import donna.cpu.kernel.Elementwise;
import donna.cpu.kernel.Lanes;
import donna.ffi.Dnnl;
import donna.ffi.DnnlElement;
import donna.ffi.MemoryDesc;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.DonnaException;
import donna.tensor.Layout;
import donna.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Convolutions. oneDNN runs them on blocked images; weights are bound row-major and copied into the primitive's order once per run. Where oneDNN has
 * only a reference implementation: depthwise passes have kernels of our own, other weights are widened with zeros ({@link WideWeight}), a data gradient
 * that is strided and dilated runs on spread pixels, and a weight gradient runs tap by tap ({@link TapwiseBackwardWeight}).
 */
final class ConvolutionLowering {
    /** Multiplications for each number of the larger image, from which on it pays to round what is multiplied; measured with AVX512-BF16. */
    private static final int WORTH_ROUNDING = 16;

    /** A weight's gradient is small if so many of them fit into a piece of the result's. */
    private static final int SMALL_GRADIENT = 4;

    private final PlanBuilder b;
    private final int block = Lowering.block();

    ConvolutionLowering(PlanBuilder b) {
        this.b = b;
    }

    /** A primitive, and the weights it takes. */
    private record Choice(Compiled compiled, DnnlElement element, WideWeight wide) {}

    private Optional<Choice> choose(Pass pass, Shape src, Shape weight, Shape dst, ConvGeometry g, int srcBlock, boolean bias, Activation act,
            boolean residual) {
        long products = dst.elements() * (weight.elements() / weight.dim(0));
        if (b.multiplied() != DnnlElement.F32 && !isDepthwise(g, weight) && products >= WORTH_ROUNDING * Math.max(src.elements(), dst.elements())) {
            Optional<Choice> rounded = choose(b.multiplied(), pass, src, weight, dst, g, srcBlock, bias, act, residual);
            if (rounded.isPresent()) {
                return rounded;
            }
        }
        return choose(DnnlElement.F32, pass, src, weight, dst, g, srcBlock, bias, act, residual);
    }

    private Optional<Choice> choose(DnnlElement element, Pass pass, Shape src, Shape weight, Shape dst, ConvGeometry g, int srcBlock, boolean bias,
            Activation act, boolean residual) {
        WideWeight merged = WideWeight.merge(g, weight, block);
        for (WideWeight w : merged.geometry().groups() == 1 ? List.of(merged, merged.padded(srcBlock, block)) : List.of(merged)) {
            Optional<Compiled> c = b.primitives().convolution(
                    new Conv(pass, element, w.image(src, srcBlock), w.weight(), w.image(dst, block), w.geometry(), srcBlock, block, bias, act, residual));
            if (c.isPresent()) {
                return Optional.of(new Choice(c.get(), element, w));
            }
        }
        return Optional.empty();
    }

    /** {@code act(conv(src) + bias + residual)}; what the primitive does not take over is a pass of its own afterwards. */
    void forward(Node n, Op.Conv2d o) {
        Shape src = n.input(0).shape();
        Shape weight = n.input(1).shape();
        Shape dst = n.output(0).shape();
        int srcBlock = srcBlock(n.input(0), o.geometry());
        Optional<Choice> fused = choose(Pass.FORWARD, src, weight, dst, o.geometry(), srcBlock, o.bias(), o.act(), o.residual());
        if (fused.isPresent()) {
            run(n, fused.get(), srcBlock, o.bias(), o.residual());
            clearMissing(n, o.act());
            return;
        }
        Optional<Choice> bare = choose(Pass.FORWARD, src, weight, dst, o.geometry(), srcBlock, o.bias(), Activation.NONE, false);
        if (bare.isPresent()) {
            run(n, bare.get(), srcBlock, o.bias(), false);
        } else if (isDepthwise(o.geometry(), weight) && !o.bias()) {
            DepthwiseForward k = new DepthwiseForward(src.dim(0), src.dim(1), src.dim(2), src.dim(3), weight.dim(2), o.geometry());
            b.step("vector depthwise", (m, stream) -> k.run(m[0], m[1], m[2], m[3]), b.in(n.input(0), block), b.plain(n.input(1)),
                    b.define(n.output(0), block), b.temporary(k.scratchBytes()));
        } else {
            throw refused(n);
        }
        epilogue(n, o);
    }

    private void epilogue(Node n, Op.Conv2d o) {
        Slot out = b.origin(n.output(0));
        long count = out.bytes() / Float.BYTES;
        if (o.residual()) {
            Slot added = b.in(n.input(n.inputs().size() - 1), block);
            b.step("vector add", (m, stream) -> Elementwise.add(m[0], m[1], m[0], count), out, added);
        }
        if (o.act() != Activation.NONE) {
            b.step("vector activation", (m, stream) -> Activations.forward(o.act(), m[0], m[0], count), out);
            clearMissing(n, o.act());
        }
    }

    private void run(Node n, Choice c, int srcBlock, boolean bias, boolean residual) {
        List<Slot> slots = new ArrayList<>();
        slots.add(b.in(n.input(0), c.element, srcBlock));
        slots.add(weight(n.input(1), c.wide, c.compiled.desc(Dnnl.ARG_WEIGHTS)));
        if (bias) {
            slots.add(bias(n, c.wide));
        }
        if (residual) {
            slots.add(b.in(n.input(n.inputs().size() - 1), block));
        }
        slots.add(b.define(n.output(0), block));
        b.primitive(c.compiled, slots.toArray(Slot[]::new));
    }

    private Slot bias(Node n, WideWeight w) {
        Slot plain = b.plain(n.input(2));
        if (w.weight().dim(0) == w.narrow().dim(0)) {
            return plain;
        }
        Slot wide = b.temporary((long) w.weight().dim(0) * Float.BYTES);
        b.step("bias padding", (m, stream) -> {
            m[1].fill((byte) 0);
            m[1].asSlice(0, m[0].byteSize()).copyFrom(m[0]);
        }, plain, wide);
        return wide;
    }

    private void clearMissing(Node n, Activation act) {
        Shape d = n.output(0).shape();
        if (!act.keepsZero() && d.dim(1) % block != 0) {
            b.step("vector clear", (m, stream) -> Lanes.clearMissing(m[0], d.dim(0), d.dim(1), d.dim(2), d.dim(3)), b.origin(n.output(0)));
        }
    }

    void backwardData(Node n, Op.Conv2dBackwardData o) {
        Shape weight = n.input(1).shape();
        Shape src = o.src();
        Shape dst = n.input(0).shape();
        ConvGeometry g = o.geometry();
        if (isDepthwise(g, weight) && backwardAsForward(n, weight, g, src)) {
            return;
        }
        DepthwiseBackwardData k = new DepthwiseBackwardData(src.dim(0), src.dim(1), src.dim(2), src.dim(3), weight.dim(2), g);
        Optional<Choice> found = isDepthwise(g, weight) && k.dense()
                ? Optional.empty()
                : choose(Pass.BACKWARD_DATA, src, weight, dst, g, block, false, Activation.NONE, false);
        if (found.isEmpty() && isDepthwise(g, weight)) {
            b.step("vector depthwise", (m, stream) -> k.run(m[0], m[1], m[2], m[3]), b.in(n.input(0), block), b.plain(n.input(1)),
                    b.define(n.output(0), block), b.temporary(k.scratchBytes()));
            return;
        }
        Shape spread = convolved(src, weight, dense(g));
        boolean spreads = found.isEmpty() && g.stride() > 1;
        if (spreads) {
            found = choose(DnnlElement.F32, Pass.BACKWARD_DATA, src, weight, spread, dense(g), block, false, Activation.NONE, false);
        }
        Choice c = found.orElseThrow(() -> refused(n));
        Slot dDst = spreads ? spread(b.in(n.input(0), block), dst, spread, g.stride()) : b.in(n.input(0), c.element, block);
        b.primitive(c.compiled, dDst, weight(n.input(1), c.wide, c.compiled.desc(Dnnl.ARG_WEIGHTS)), b.define(n.output(0), block));
    }

    /**
     * Without strides, the gradient of a depthwise convolution is one itself, with the taps in reverse order; oneDNN runs it forward almost twice as fast
     * as backward.
     */
    private boolean backwardAsForward(Node n, Shape weight, ConvGeometry g, Shape src) {
        Optional<ConvGeometry> reverse = reverse(g, weight);
        Optional<Choice> found =
                reverse.flatMap(r -> choose(Pass.FORWARD, n.input(0).shape(), weight, src, r, block, false, Activation.NONE, false));
        found.ifPresent(c -> {
            Slot ordered = reversedWeight(n.input(1), g, c.compiled.desc(Dnnl.ARG_WEIGHTS));
            b.primitive(c.compiled, b.in(n.input(0), block), ordered, b.define(n.output(0), block));
        });
        return found.isPresent();
    }

    /** The convolution that a depthwise one's data gradient is. */
    private static Optional<ConvGeometry> reverse(ConvGeometry g, Shape weight) {
        int padding = g.dilation() * (weight.dim(2) - 1) - g.padding();
        boolean possible = g.stride() == 1 && padding >= 0 && weight.dim(2) == weight.dim(3);
        return possible ? Optional.of(new ConvGeometry(1, padding, g.dilation(), g.groups())) : Optional.empty();
    }

    private Slot reversedWeight(Value w, ConvGeometry g, MemoryDesc layout) {
        Shape weight = w.shape();
        Slot reversed = b.derived(w, "reversed", () -> {
            Slot r = b.temporary(weight.elements() * Float.BYTES);
            int taps = weight.dim(2) * weight.dim(3);
            b.step("reverse taps", (m, stream) -> reverse(m[0], m[1], weight.dim(0), taps), b.plain(w), r);
            return r;
        });
        return ordered(w, List.of("reversed", layout), b.primitives().plainWeight(weight, g.groups()), reversed, layout);
    }

    /**
     * A depthwise pass a piece at a time.
     *
     * @param weights writes the steps that order the weights, where they are needed
     */
    record Piecewise(PieceWork convolution, Supplier<Slot> weights) {}

    /** A depthwise convolution forward a piece of its source at a time; empty if oneDNN has no kernel for that. */
    Optional<Piecewise> forwardPieces(Value weight, Shape src, Shape dst, ConvGeometry g, Pieces pieces) {
        Optional<Choice> whole = choose(Pass.FORWARD, src, weight.shape(), dst, g, block, false, Activation.NONE, false);
        return whole.flatMap(c -> parts(Pass.FORWARD, c, src, weight.shape(), dst, g, pieces)
                .map(p -> new Piecewise(p, () -> weight(weight, c.wide, c.compiled.desc(Dnnl.ARG_WEIGHTS)))));
    }

    /** Its data gradient a piece of dDst at a time. */
    Optional<Piecewise> dataPieces(Value weight, Shape src, Shape dst, ConvGeometry g, Pieces pieces) {
        DepthwiseBackwardData own = new DepthwiseBackwardData(src.dim(0), src.dim(1), src.dim(2), src.dim(3), weight.shape().dim(2), g);
        if (own.dense()) {
            return Optional.of(new Piecewise(new PiecewiseBackwardData(pieces, own), () -> b.plain(weight)));
        }
        Optional<ConvGeometry> reverse = reverse(g, weight.shape());
        if (reverse.isPresent()) {
            ConvGeometry r = reverse.get();
            return choose(Pass.FORWARD, dst, weight.shape(), src, r, block, false, Activation.NONE, false)
                    .flatMap(c -> parts(Pass.FORWARD, c, dst, weight.shape(), src, r, pieces)
                            .map(p -> new Piecewise(p, () -> reversedWeight(weight, g, c.compiled.desc(Dnnl.ARG_WEIGHTS)))));
        }
        Optional<Choice> whole = choose(Pass.BACKWARD_DATA, src, weight.shape(), dst, g, block, false, Activation.NONE, false);
        return whole.flatMap(c -> parts(Pass.BACKWARD_DATA, c, src, weight.shape(), dst, g, pieces)
                .map(p -> new Piecewise(p, () -> weight(weight, c.wide, c.compiled.desc(Dnnl.ARG_WEIGHTS)))));
    }

    private Optional<PiecewiseConvolution> parts(Pass pass, Choice whole, Shape src, Shape weight, Shape dst, ConvGeometry g, Pieces pieces) {
        long blockBytes = (long) weight.dim(2) * weight.dim(3) * Lanes.BYTES;
        boolean byBlocks = whole.compiled.desc(Dnnl.ARG_WEIGHTS).bytes() == pieces.planes() * blockBytes;
        List<Compiled> parts = new ArrayList<>();
        for (Pieces.Piece p : pieces.all()) {
            int channels = p.blocks() * block;
            ConvGeometry part = new ConvGeometry(g.stride(), g.padding(), g.dilation(), channels);
            Optional<Compiled> c = b.primitives().convolution(new Conv(pass, DnnlElement.F32, pieces.shape(p, src), weight.with(0, channels),
                    pieces.shape(p, dst), part, block, block, false, Activation.NONE, false));
            c.filter(k -> byBlocks && k.desc(Dnnl.ARG_WEIGHTS).bytes() == p.blocks() * blockBytes).ifPresent(parts::add);
        }
        return parts.size() == pieces.all().size() ? Optional.of(b.piecewise(pieces, parts)) : Optional.empty();
    }

    /** Gradients of a 1x1 convolution, some images at a time, and the memory that they take besides a piece of the result's gradient. */
    record Gradients(PointwiseGradients work, Supplier<List<Slot>> memory) {}

    /**
     * The gradients of a 1x1 convolution of {@code src} some images at a time; empty where the weight's gradient is large beside the images, which it would drive
     * out of the cache.
     */
    Optional<Gradients> gradients(Node weight, Optional<Node> data) {
        Op.Conv2dBackwardWeight o = (Op.Conv2dBackwardWeight) weight.op();
        Shape src = weight.input(0).shape();
        Shape dst = weight.input(1).shape();
        ConvGeometry g = ConvGeometry.POINTWISE;
        int images = Pieces.images(dst);
        Shape some = src.with(0, images);
        Shape results = dst.with(0, images);
        Optional<Choice> w = choose(Pass.BACKWARD_WEIGHT, some, o.weight(), results, g, block, false, Activation.NONE, false);
        Optional<Choice> d = data.flatMap(n -> choose(Pass.BACKWARD_DATA, some, o.weight(), results, g, block, false, Activation.NONE, false));
        if (w.isEmpty() || w.get().wide.widened() || d.isPresent() != data.isPresent()
                || d.filter(c -> c.wide.widened() || c.element != w.get().element).isPresent()) {
            return Optional.empty();
        }
        DnnlElement element = w.get().element;
        MemoryDesc layout = w.get().compiled.desc(Dnnl.ARG_DIFF_WEIGHTS);
        long piece = new Layout(block).elements(results) * Float.BYTES;
        if (piece > 2 * Pieces.BYTES || layout.bytes() > piece / SMALL_GRADIENT) {
            return Optional.empty();
        }
        Primitives p = b.primitives();
        PointwiseGradients.Parts parts = new PointwiseGradients.Parts(images, src.dim(0) / images, w.get().compiled, d.map(Choice::compiled),
                p.reorder(p.layout(DnnlElement.F32, results, block), p.layout(element, results, block)), p.reorder(layout, p.plainWeight(o.weight(), 1)));
        return Optional.of(new Gradients(b.gradients(parts), () -> {
            List<Slot> slots = new ArrayList<>(List.of(b.in(weight.input(0), element, block), b.define(weight.output(0), 1), b.temporary(piece),
                    b.temporary(layout.bytes()), b.temporary(layout.bytes()), b.temporary(parts.scratchBytes())));
            data.ifPresent(n -> {
                slots.add(weight(n.input(1), d.orElseThrow().wide, d.get().compiled.desc(Dnnl.ARG_WEIGHTS)));
                slots.add(b.define(n.output(0), block));
            });
            parts.rounding().ifPresent(r -> slots.add(b.temporary(piece / 2)));
            return slots;
        }));
    }

    private static void reverse(MemorySegment from, MemorySegment to, int channels, int taps) {
        for (int c = 0; c < channels; c++) {
            for (int t = 0; t < taps; t++) {
                to.setAtIndex(ValueLayout.JAVA_FLOAT, (long) c * taps + taps - 1 - t, from.getAtIndex(ValueLayout.JAVA_FLOAT, (long) c * taps + t));
            }
        }
    }

    private static ConvGeometry dense(ConvGeometry g) {
        return new ConvGeometry(1, g.padding(), g.dilation(), g.groups());
    }

    private static Shape convolved(Shape src, Shape weight, ConvGeometry g) {
        return new Shape(src.dim(0), weight.dim(0), g.outputSize(src.dim(2), weight.dim(2)), g.outputSize(src.dim(3), weight.dim(3)));
    }

    /** The gradient of the same convolution with stride 1, of which the strided one took every {@code stride}-th pixel. */
    private Slot spread(Slot dDst, Shape dst, Shape dense, int stride) {
        Slot wide = b.temporary(new Layout(block).elements(dense) * Float.BYTES, block);
        long pixel = (long) block * Float.BYTES;
        int planes = dst.dim(0) * Lanes.blocks(dst.dim(1));
        b.step("spread pixels", (m, stream) -> {
            m[1].fill((byte) 0);
            for (int p = 0; p < planes * dst.dim(2) * dst.dim(3); p++) {
                int y = p / dst.dim(3) % dst.dim(2);
                int x = p % dst.dim(3);
                long row = (long) p / (dst.dim(2) * dst.dim(3)) * dense.dim(2) + (long) y * stride;
                MemorySegment.copy(m[0], p * pixel, m[1], (row * dense.dim(3) + (long) x * stride) * pixel, pixel);
            }
        }, dDst, wide);
        return wide;
    }

    void backwardWeight(Node n, Op.Conv2dBackwardWeight o) {
        Value src = n.input(0);
        Shape s = src.shape();
        int srcBlock = srcBlock(src, o.geometry());
        ConvGeometry g = o.geometry();
        Shape dst = n.input(1).shape();
        Optional<Choice> found = choose(Pass.BACKWARD_WEIGHT, s, o.weight(), dst, g, srcBlock, false, Activation.NONE, false);
        if (found.isEmpty() && isDepthwise(g, o.weight())) {
            DepthwiseBackwardWeight k = new DepthwiseBackwardWeight(s.dim(0), s.dim(1), s.dim(2), s.dim(3), o.weight().dim(2), g);
            b.step("vector depthwise", (m, stream) -> k.run(m[0], m[1], m[2], m[3]), b.in(src, block), b.in(n.input(1), block),
                    b.define(n.output(0), 1), b.temporary(k.scratchBytes()));
            return;
        }
        if (found.isPresent()) {
            DnnlElement element = found.get().element;
            backwardWeight(n, found.get(), b.in(src, element, srcBlock), b.in(n.input(1), element, block));
        } else {
            tapwise(n, o, b.in(src, block), b.in(n.input(1), block));
        }
    }

    private void tapwise(Node n, Op.Conv2dBackwardWeight o, Slot src, Slot dDst) {
        Shape s = n.input(0).shape();
        Shape dst = n.input(1).shape();
        Shape pixels = dst.with(1, s.dim(1));
        Shape dense = new Shape(o.weight().dim(0), s.dim(1), 1, 1);
        Choice c = choose(DnnlElement.F32, Pass.BACKWARD_WEIGHT, pixels, dense, dst, ConvGeometry.POINTWISE, block, false, Activation.NONE, false)
                .orElseThrow(() -> refused(n));
        MemoryDesc layout = c.compiled.desc(Dnnl.ARG_DIFF_WEIGHTS);
        MemoryDesc plain = b.primitives().plainWeight(c.wide.weight(), 1);
        Step.Work order = b.primitives().reorder(layout, plain).map(b::work).orElse((m, stream) -> m[1].copyFrom(m[0]));
        List<Slot> slots = new ArrayList<>(List.of(src, dDst, b.define(n.output(0), 1),
                b.temporary(new Layout(block).elements(pixels) * Float.BYTES, block), b.temporary(layout.bytes()), b.temporary(plain.bytes())));
        if (c.compiled.scratchBytes() > 0) {
            slots.add(b.temporary(c.compiled.scratchBytes()));
        }
        Step.Work work = new TapwiseBackwardWeight(b.work(c.compiled), order, s, dst, o.weight(), o.geometry(), c.wide.weight().dim(1));
        b.step("tap by tap " + c.compiled.implementation(), work, slots.toArray(Slot[]::new));
    }

    private void backwardWeight(Node n, Choice c, Slot src, Slot dDst) {
        MemoryDesc plain = b.primitives().plainWeight(c.wide.weight(), c.wide.geometry().groups());
        MemoryDesc layout = c.compiled.desc(Dnnl.ARG_DIFF_WEIGHTS);
        Slot wide = c.wide.widened() ? b.temporary(plain.bytes()) : b.define(n.output(0), 1);
        Slot written = layout == plain ? wide : b.temporary(layout.bytes());
        b.primitive(c.compiled, src, dDst, written);
        if (layout != plain) {
            b.reorder("weight", layout, written, plain, wide);
        }
        if (c.wide.widened()) {
            b.step("narrow weight", (m, stream) -> c.wide.narrow(m[0], m[1]), wide, b.define(n.output(0), 1));
        }
    }

    private static boolean isDepthwise(ConvGeometry g, Shape weight) {
        return g.groups() > 1 && weight.dim(1) == 1 && weight.dim(0) == g.groups();
    }

    /** The images of a data set come row-major with one or three channels: oneDNN takes them as they are. */
    private int srcBlock(Value src, ConvGeometry g) {
        int c = src.shape().dim(1);
        return b.origin(src).block() == 1 && (c == 1 || c == 3) && g.groups() == 1 ? 1 : block;
    }

    private Slot weight(Value weight, WideWeight w, MemoryDesc layout) {
        MemoryDesc plainLayout = b.primitives().plainWeight(w.weight(), w.geometry().groups());
        Slot plain = w.widened() ? b.derived(weight, w.weight(), () -> widen(weight, w)) : b.plain(weight);
        return ordered(weight, layout, plainLayout, plain, layout);
    }

    private Slot ordered(Value weight, Object key, MemoryDesc plainLayout, Slot plain, MemoryDesc layout) {
        return layout == plainLayout ? plain : b.derived(weight, key, () -> {
            Slot to = b.temporary(layout.bytes());
            b.reorder("weight", plainLayout, plain, layout, to);
            return to;
        });
    }

    private Slot widen(Value weight, WideWeight w) {
        Slot wide = b.temporary(w.weight().elements() * Float.BYTES);
        b.step("widen weight", (m, stream) -> w.widen(m[0], m[1]), b.plain(weight), wide);
        return wide;
    }

    private static DonnaException refused(Node n) {
        return new DonnaException.Unavailable("cpu: " + n.op().getClass().getSimpleName() + " '" + n.name() + "' with " + n.op() + " on "
                + n.input(0).shape() + ": oneDNN has only its reference implementation, which is refused; use another kernel size or grouping");
    }
}
