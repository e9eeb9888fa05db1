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
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/** Which of oneDNN's primitives a convolution takes, what it multiplies, and the weights in the order that it wants. */
final class ConvolutionChoices {
    private final PlanBuilder b;
    private final int block = Lowering.block();

    ConvolutionChoices(PlanBuilder b) {
        this.b = b;
    }

    static boolean isDepthwise(ConvGeometry g, Shape weight) {
        return g.groups() > 1 && weight.dim(1) == 1 && weight.dim(0) == g.groups();
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
        DnnlElement element =
                isDepthwise(g, weight) ? DnnlElement.F32 : b.multiplied(products, Math.max(src.elements(), dst.elements()));
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

    /** The convolution that a depthwise one's data gradient is. */
    static Optional<ConvGeometry> reverse(ConvGeometry g, Shape weight) {
        int padding = g.dilation() * (weight.dim(2) - 1) - g.padding();
        boolean possible = g.stride() == 1 && padding >= 0 && weight.dim(2) == weight.dim(3);
        return possible ? Optional.of(new ConvGeometry(1, padding, g.dilation(), g.groups())) : Optional.empty();
    }

    /** A depthwise convolution's weights with the taps in reverse order, as {@code c} takes them. */
    Slot reversedWeight(Value w, Choice c) {
        Shape weight = w.shape();
        Slot reversed = b.derived(w, "reversed", () -> {
            Slot r = b.temporary(weight.elements() * Float.BYTES);
            int taps = weight.dim(2) * weight.dim(3);
            b.step("reverse taps", (m, stream) -> reverse(m[0], m[1], weight.dim(0), taps), b.plain(w), r);
            return r;
        });
        return ordered(w, List.of("reversed", c.weights()), b.primitives().plainWeight(weight, weight.dim(0)), reversed, c.weights());
    }

    /** {@code weight} as {@code c} takes it. */
    Slot weight(Value weight, Choice c) {
        WideWeight w = c.wide;
        MemoryDesc layout = c.weights();
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

    private static void reverse(MemorySegment from, MemorySegment to, int channels, int taps) {
        for (int c = 0; c < channels; c++) {
            for (int t = 0; t < taps; t++) {
                to.setAtIndex(ValueLayout.JAVA_FLOAT, (long) c * taps + taps - 1 - t, from.getAtIndex(ValueLayout.JAVA_FLOAT, (long) c * taps + t));
            }
        }
    }
}
