package donna.cpu;

import donna.cpu.Primitives.Conv;
import donna.cpu.Primitives.Pass;
import donna.ffi.Dnnl;
import donna.ffi.DnnlElement;
import donna.ffi.MemoryDesc;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.util.List;
import java.util.Optional;

/** Which of oneDNN's primitives a convolution takes, what it multiplies, and the weights in the order that it wants. */
final class ConvolutionChoices {
    private final PlanBuilder b;
    private final int block = Lowering.block();

    ConvolutionChoices(PlanBuilder b) {
        this.b = b;
    }

    /** Whether our kernels take it: one filter for each channel, with a square window. */
    static boolean isDepthwise(ConvGeometry g, Shape weight) {
        return g.groups() > 1 && weight.dim(1) == 1 && weight.dim(0) == g.groups() && weight.dim(2) == weight.dim(3);
    }

    /** A primitive, what it multiplies, and the weights it takes. */
    record Choice(Compiled compiled, DnnlElement element, WideWeight wide) {
        /** The order of the weights. */
        MemoryDesc weights() {
            return compiled.desc(Dnnl.ARG_WEIGHTS);
        }
    }

    /** {@code act(conv(src) + bias + residual)} in one primitive. */
    Optional<Choice> forward(Shape src, Shape weight, Shape dst, ConvGeometry g, int srcBlock, boolean bias, Activation act, boolean residual) {
        return choose(Pass.FORWARD, src, weight, dst, g, srcBlock, bias, act, residual);
    }

    /** A pass without anything added. */
    Optional<Choice> choose(Pass pass, Shape src, Shape weight, Shape dst, ConvGeometry g, int srcBlock) {
        return choose(pass, src, weight, dst, g, srcBlock, false, Activation.NONE, false);
    }

    /** The same in single precision, with src in channel blocks. */
    Optional<Choice> exact(Pass pass, Shape src, Shape weight, Shape dst, ConvGeometry g) {
        return choose(DnnlElement.F32, pass, src, weight, dst, g, block, false, Activation.NONE, false);
    }

    private Optional<Choice> choose(Pass pass, Shape src, Shape weight, Shape dst, ConvGeometry g, int srcBlock, boolean bias, Activation act,
            boolean residual) {
        long products = dst.elements() * (weight.elements() / weight.dim(0));
        DnnlElement element = b.multiplied(products, Math.max(src.elements(), dst.elements()));
        Optional<Choice> found = choose(element, pass, src, weight, dst, g, srcBlock, bias, act, residual);
        return found.isPresent() || element == DnnlElement.F32
                ? found
                : choose(DnnlElement.F32, pass, src, weight, dst, g, srcBlock, bias, act, residual);
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

    /** {@code weight} as {@code c} takes it. */
    Slot weight(Value weight, Choice c) {
        WideWeight w = c.wide;
        MemoryDesc layout = c.weights();
        MemoryDesc plainLayout = b.primitives().plainWeight(w.weight(), w.geometry().groups());
        Slot plain = w.widened() ? b.derived(weight, w.weight(), () -> widen(weight, w)) : b.plain(weight);
        return layout == plainLayout ? plain : b.derived(weight, layout, () -> {
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
}
