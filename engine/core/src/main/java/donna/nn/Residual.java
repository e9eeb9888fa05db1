package donna.nn;

import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.util.List;
import java.util.Optional;

/** The blocks of residual networks (He et al. 2016); parameter names follow torchvision's and timm's. */
public final class Residual {
    private Residual() {}

    /** What carries the input past a block that changes its size or channels. */
    public enum Shortcut {
        /** 1x1 convolution and batch norm: {@code downsample.0}, {@code downsample.1} (option B). */
        PROJECTION,
        /** Every second pixel, and as many channels of zeros before as after: no parameters (option A). */
        ZERO_PADDING
    }

    /**
     * Two kxk convolutions, the first with the stride.
     *
     * @param attention before the sum, named {@code se}
     */
    public record Basic(int out, int kernel, int stride, Shortcut shortcut, Optional<Layer> attention, Activation act) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            ConvGeometry first = ConvGeometry.same(kernel, stride, 1);
            Value x = w.convNorm(name + "conv1", name + "bn1", src, out, kernel, first, act, Optional.empty());
            Value past = past(w, name, src, out, stride, shortcut);
            return last(w, name, "2", x, out, kernel, past, attention, act);
        }
    }

    /**
     * 1x1 to {@code inner} channels, kxk with the stride, 1x1 to {@code out}.
     *
     * @param inner channels of the convolution in the middle
     * @param attention before the sum, named {@code se}
     */
    public record Bottleneck(int inner, int out, int kernel, int stride, Shortcut shortcut, Optional<Layer> attention, Activation act)
            implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            Value x = w.convNorm(name + "conv1", name + "bn1", src, inner, 1, ConvGeometry.POINTWISE, act, Optional.empty());
            ConvGeometry middle = ConvGeometry.same(kernel, stride, 1);
            x = w.convNorm(name + "conv2", name + "bn2", x, inner, kernel, middle, act, Optional.empty());
            Value past = past(w, name, src, out, stride, shortcut);
            return last(w, name, "3", x, out, 1, past, attention, act);
        }
    }

    /** The last convolution, what went past the block, and the activation of their sum. */
    private static Value last(
            GraphWriter w, String name, String number, Value src, int out, int kernel, Value past, Optional<Layer> attention, Activation act) {
        ConvGeometry g = ConvGeometry.same(kernel, 1, 1);
        if (attention.isEmpty()) {
            return w.convNorm(name + "conv" + number, name + "bn" + number, src, out, kernel, g, act, Optional.of(past));
        }
        Value x = w.convNorm(name + "conv" + number, name + "bn" + number, src, out, kernel, g, Activation.NONE, Optional.empty());
        x = attention.get().write(w, name + "se.", x);
        return w.activate(w.graph().at(name + "sum").add(new Op.Add(), x, past), act);
    }

    private static Value past(GraphWriter w, String name, Value src, int out, int stride, Shortcut kind) {
        int in = src.shape().dim(1);
        if (stride == 1 && in == out) {
            return src;
        }
        return switch (kind) {
            case PROJECTION -> {
                ConvGeometry g = new ConvGeometry(stride, 0, 1, 1);
                yield w.convNorm(name + "downsample.0", name + "downsample.1", src, out, 1, g, Activation.NONE, Optional.empty());
            }
            case ZERO_PADDING -> {
                w.graph().at(name + "shortcut");
                Shape s = src.shape();
                Shape small = Shape.of(s.dim(0), in, (s.dim(2) + stride - 1) / stride, (s.dim(3) + stride - 1) / stride);
                Value x = stride == 1 ? src : w.graph().add(new Op.Slice(List.of(0, 0, 0, 0), List.of(1, 1, stride, stride), small), src);
                yield w.graph().add(new Op.Pad(List.of(0, (out - in) / 2, 0, 0), List.of(1, 1, 1, 1), small.with(1, out)), x);
            }
        };
    }
}
