package donna.cpu;

import donna.cpu.ConvolutionChoices.Choice;
import donna.cpu.Primitives.Pass;
import donna.cpu.kernel.Activations;
import donna.cpu.kernel.DepthwiseBackwardWeight;
import donna.cpu.kernel.DepthwiseConvolution;
import donna.cpu.kernel.DepthwisePass;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Convolutions. Depthwise passes with square windows and most dense 3x3 ones ({@link WinogradLowering}) are kernels of our own. The others oneDNN runs on
 * blocked images; weights are bound row-major and copied into the primitive's order once per run. Where it has only a reference implementation, weights are
 * widened with zeros ({@link WideWeight}), a data gradient that is strided and dilated runs on spread pixels, and a weight gradient runs tap by tap
 * ({@link TapwiseBackwardWeight}).
 */
final class ConvolutionLowering {
    private final PlanBuilder b;
    private final int block = Lowering.block();
    private final ConvolutionChoices choices;
    private final WinogradLowering winograd;
    private final ExpandedDepthwiseLowering expanded;

    ConvolutionLowering(PlanBuilder b, ConvolutionChoices choices, WinogradLowering winograd, ExpandedDepthwiseLowering expanded) {
        this.b = b;
        this.choices = choices;
        this.expanded = expanded;
        this.winograd = winograd;
    }

    /** {@code act(conv(src) + bias + residual)}; what the primitive does not take over is a pass of its own afterwards. */
    void forward(Node n, Op.Conv2d o) {
        Shape src = n.input(0).shape();
        Shape weight = n.input(1).shape();
        Shape dst = n.output(0).shape();
        boolean depthwise = ConvolutionChoices.isDepthwise(o.geometry(), weight);
        if (depthwise || winograd.takes(o.geometry(), src, weight, dst)) {
            own(n, o, depthwise);
            return;
        }
        int srcBlock = srcBlock(n.input(0), o.geometry());
        Optional<Choice> fused = choices.forward(src, weight, dst, o.geometry(), srcBlock, o.bias(), o.act(), o.residual());
        if (fused.isPresent()) {
            run(n, fused.get(), srcBlock, o.bias(), o.residual());
            clearMissing(n, o.act());
            return;
        }
        Choice bare = choices.forward(src, weight, dst, o.geometry(), srcBlock, o.bias(), Activation.NONE, false).orElseThrow(() -> refused(n));
        run(n, bare, srcBlock, o.bias(), false);
        epilogue(n, o);
    }

    /** By a kernel of ours, which adds the bias, and the activation where no residual comes before that. */
    private void own(Node n, Op.Conv2d o, boolean depthwise) {
        Activation act = o.residual() ? Activation.NONE : o.act();
        if (depthwise) {
            depthwise(n, o, act);
        } else {
            winograd.forward(n, o, act);
        }
        if (o.residual()) {
            epilogue(n, o);
        } else {
            clearMissing(n, act);
        }
    }

    private void depthwise(Node n, Op.Conv2d o, Activation act) {
        Shape src = n.input(0).shape();
        DepthwiseConvolution k =
                new DepthwiseConvolution(src.dim(0), src.dim(1), src.dim(2), src.dim(3), n.input(1).shape().dim(2), o.geometry(), o.bias(), act);
        Optional<Node> expansion = expanded.of(n);
        if (expansion.isPresent()) {
            expanded.write(expansion.get(), n, k);
            return;
        }
        b.step("vector depthwise", (m, stream) -> k.run(m[0], m[1], m[2], m[3], m[4]), b.in(n.input(0), block), b.plain(n.input(1)),
                b.plain(n.input(o.bias() ? 2 : 1)), b.define(n.output(0), block), b.temporary(k.scratchBytes()));
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
        slots.add(b.in(n.input(0), c.element(), srcBlock));
        slots.add(choices.weight(n.input(1), c));
        if (bias) {
            slots.add(bias(n, c.wide()));
        }
        if (residual) {
            slots.add(b.in(n.input(n.inputs().size() - 1), block));
        }
        slots.add(b.define(n.output(0), block));
        b.primitive(c.compiled(), slots.toArray(Slot[]::new));
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
        if (ConvolutionChoices.isDepthwise(g, weight)) {
            DepthwisePass k = DepthwisePass.backwardData(src.dim(1), src.dim(2), src.dim(3), weight.dim(2), g);
            b.step("vector depthwise", (m, stream) -> k.run(src.dim(0), m[0], m[1], m[2], m[3]), b.in(n.input(0), block), b.plain(n.input(1)),
                    b.define(n.output(0), block), b.temporary(k.scratchBytes()));
            return;
        }
        if (winograd.takes(g, src, weight, dst)) {
            winograd.backwardData(n, o);
            return;
        }
        Optional<Choice> found = choices.choose(Pass.BACKWARD_DATA, src, weight, dst, g, block);
        Shape spread = convolved(src, weight, dense(g));
        boolean spreads = found.isEmpty() && g.stride() > 1;
        if (spreads) {
            found = choices.exact(Pass.BACKWARD_DATA, src, weight, spread, dense(g));
        }
        Choice c = found.orElseThrow(() -> refused(n));
        Slot dDst = spreads ? spread(b.in(n.input(0), block), dst, spread, g.stride()) : b.in(n.input(0), c.element(), block);
        b.primitive(c.compiled(), dDst, choices.weight(n.input(1), c), b.define(n.output(0), block));
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
        ConvGeometry g = o.geometry();
        if (ConvolutionChoices.isDepthwise(g, o.weight())) {
            DepthwiseBackwardWeight k = new DepthwiseBackwardWeight(s.dim(0), s.dim(1), s.dim(2), s.dim(3), o.weight().dim(2), g);
            b.step("vector depthwise", (m, stream) -> k.run(m[0], m[1], m[2], m[3]), b.in(src, block), b.in(n.input(1), block),
                    b.define(n.output(0), 1), b.temporary(k.scratchBytes()));
            return;
        }
        if (winograd.takes(g, s, o.weight(), n.input(1).shape())) {
            winograd.backwardWeight(n, o);
            return;
        }
        int srcBlock = srcBlock(src, g);
        Optional<Choice> found = choices.choose(Pass.BACKWARD_WEIGHT, s, o.weight(), n.input(1).shape(), g, srcBlock);
        if (found.isPresent()) {
            DnnlElement element = found.get().element();
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
        Choice c = choices.exact(Pass.BACKWARD_WEIGHT, pixels, dense, dst, ConvGeometry.POINTWISE)
                .orElseThrow(() -> refused(n));
        MemoryDesc layout = c.compiled().desc(Dnnl.ARG_DIFF_WEIGHTS);
        MemoryDesc plain = b.primitives().plainWeight(c.wide().weight(), 1);
        Step.Work order = b.primitives().reorder(layout, plain).map(b::work).orElse((m, stream) -> m[1].copyFrom(m[0]));
        List<Slot> slots = new ArrayList<>(List.of(src, dDst, b.define(n.output(0), 1),
                b.temporary(new Layout(block).elements(pixels) * Float.BYTES, block), b.temporary(layout.bytes()), b.temporary(plain.bytes())));
        if (c.compiled().scratchBytes() > 0) {
            slots.add(b.temporary(c.compiled().scratchBytes()));
        }
        Step.Work work = new TapwiseBackwardWeight(b.work(c.compiled()), order, s, dst, o.weight(), o.geometry(), c.wide().weight().dim(1));
        b.step("tap by tap " + c.compiled().implementation(), work, slots.toArray(Slot[]::new));
    }

    private void backwardWeight(Node n, Choice c, Slot src, Slot dDst) {
        MemoryDesc plain = b.primitives().plainWeight(c.wide().weight(), c.wide().geometry().groups());
        MemoryDesc layout = c.compiled().desc(Dnnl.ARG_DIFF_WEIGHTS);
        Slot wide = c.wide().widened() ? b.temporary(plain.bytes()) : b.define(n.output(0), 1);
        Slot written = layout == plain ? wide : b.temporary(layout.bytes());
        b.primitive(c.compiled(), src, dDst, written);
        if (layout != plain) {
            b.reorder("weight", layout, written, plain, wide);
        }
        if (c.wide().widened()) {
            b.step("narrow weight", (m, stream) -> c.wide().narrow(m[0], m[1]), wide, b.define(n.output(0), 1));
        }
    }

    /** The images of a data set come row-major with one or three channels: oneDNN takes them as they are. */
    private int srcBlock(Value src, ConvGeometry g) {
        int c = src.shape().dim(1);
        return b.origin(src).block() == 1 && (c == 1 || c == 3) && g.groups() == 1 ? 1 : block;
    }

    private static DonnaException refused(Node n) {
        return new DonnaException.Unavailable("cpu: " + n.op().getClass().getSimpleName() + " '" + n.name() + "' with " + n.op() + " on "
                + n.input(0).shape() + ": oneDNN has only its reference implementation, which is refused; use another kernel size or grouping");
    }
}
