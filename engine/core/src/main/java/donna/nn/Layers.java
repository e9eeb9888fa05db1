package donna.nn;

import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import java.util.List;
import java.util.Optional;

/** The layers that networks are made of. Parameter names follow timm's. */
public final class Layers {
    private Layers() {}

    /** Convolution with "same" padding, batch norm, activation; {@code conv} and {@code norm} name the pair. */
    public record ConvNorm(String conv, String norm, int out, int kernel, int stride, int groups, Activation act) implements Layer {
        /** All channels in one group. */
        public ConvNorm(String conv, String norm, int out, int kernel, int stride, Activation act) {
            this(conv, norm, out, kernel, stride, 1, act);
        }

        @Override
        public Value write(GraphWriter w, String name, Value src) {
            ConvGeometry g = ConvGeometry.same(kernel, stride, groups);
            return w.convNorm(name + conv, name + norm, src, out, kernel, g, act, Optional.empty());
        }
    }

    /**
     * A layer of the MBConv family (Sandler et al. 2018): {@code [1x1 expand], kxk, [attention], 1x1 project}, each with batch norm; a residual where
     * neither size nor channels change.
     *
     * @param expand whether there is a 1x1 expansion; without it the kxk convolution itself widens ("fused")
     * @param hidden channels inside
     * @param out channels of the result
     * @param groups channel groups of the kxk convolution; {@code hidden} is depthwise
     * @param attention on the channels inside, named {@code se}
     */
    public record InvertedResidual(
            boolean expand, int hidden, int out, int kernel, int stride, int groups, Optional<Layer> attention, Activation act)
            implements Layer {
        /** With squeeze-excite of {@code squeeze} channels; 0 is none. */
        public InvertedResidual(boolean expand, int hidden, int out, int kernel, int stride, int groups, int squeeze, Activation act) {
            this(expand, hidden, out, kernel, stride, groups, ChannelAttention.squeeze(squeeze, act), act);
        }

        @Override
        public Value write(GraphWriter w, String name, Value src) {
            Value x = src;
            int norm = 1;
            if (expand) {
                x = new ConvNorm("conv_pw", "bn" + norm++, hidden, 1, 1, act).write(w, name, x);
            }
            ConvGeometry g = ConvGeometry.same(kernel, stride, groups);
            String spatial = name + (expand ? "conv_dw" : "conv_exp");
            x = w.convNorm(spatial, name + "bn" + norm++, x, hidden, kernel, g, act, Optional.empty());
            if (attention.isPresent()) {
                x = attention.get().write(w, name + "se.", x);
            }
            Optional<Value> residual = stride == 1 && src.shape().dim(1) == out ? Optional.of(src) : Optional.empty();
            return w.convNorm(name + "conv_pwl", name + "bn" + norm, x, out, 1, ConvGeometry.POINTWISE, Activation.NONE, residual);
        }
    }

    /**
     * A depthwise convolution and a 1x1 projection (Howard et al. 2017), each with batch norm; a residual where neither size nor channels change.
     *
     * @param attention between the two, named {@code se}
     */
    public record DepthwiseSeparable(int out, int kernel, int stride, Optional<Layer> attention, Activation act) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            int in = src.shape().dim(1);
            ConvGeometry g = ConvGeometry.same(kernel, stride, in);
            Value x = w.convNorm(name + "conv_dw", name + "bn1", src, in, kernel, g, act, Optional.empty());
            if (attention.isPresent()) {
                x = attention.get().write(w, name + "se.", x);
            }
            Optional<Value> residual = stride == 1 && in == out ? Optional.of(src) : Optional.empty();
            return w.convNorm(name + "conv_pw", name + "bn2", x, out, 1, ConvGeometry.POINTWISE, Activation.NONE, residual);
        }
    }

    /** A layer under a name of its own, wherever it is written: one of a model whose names are fixed. */
    public record Named(String name, Layer layer) implements Layer {
        @Override
        public Value write(GraphWriter w, String ignored, Value src) {
            return layer.write(w, name + ".", src);
        }
    }

    /** Layers one after another, each given the name of the whole. */
    public record Chain(List<? extends Layer> layers) implements Layer {
        public Chain {
            layers = List.copyOf(layers);
        }

        @Override
        public Value write(GraphWriter w, String name, Value src) {
            Value x = src;
            for (Layer l : layers) {
                x = l.write(w, name, x);
            }
            return x;
        }
    }

    /** Layers one after another, named {@code name0., name1., ...}. */
    public record Sequential(List<Layer> layers) implements Layer {
        public Sequential {
            layers = List.copyOf(layers);
        }

        @Override
        public Value write(GraphWriter w, String name, Value src) {
            Value x = src;
            for (int i = 0; i < layers.size(); i++) {
                x = layers.get(i).write(w, name + i + ".", x);
            }
            return x;
        }
    }

    /** Convolution with batch norm and activation, global average pool, linear classifier: {@code conv_head}, {@code bn2}, {@code classifier}. */
    public record Head(int channels, int kernel, Activation act, int classes) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            return new PooledLinear("classifier", classes).write(w, name, new ConvNorm("conv_head", "bn2", channels, kernel, 1, act).write(w, name, src));
        }
    }

    /** Global average pool and a linear classifier called {@code linear}. */
    public record PooledLinear(String linear, int classes) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            Value x = w.graph().at(name + "global_pool").add(new Op.GlobalAveragePool(), src);
            return w.linear(name + linear, x, classes);
        }
    }

    /** Largest value of each window, padding {@code kernel / 2}. */
    public record MaxPool(int kernel, int stride) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            return w.graph().at(name + "maxpool").add(new Op.MaxPool(kernel, ConvGeometry.same(kernel, stride, 1)), src);
        }
    }

    /** Mean of each window, padding {@code kernel / 2} of zeros that count. */
    public record AveragePool(int kernel, int stride) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            return w.graph().at(name + "avgpool").add(new Op.AveragePool(kernel, ConvGeometry.same(kernel, stride, 1)), src);
        }
    }

    /** {@code act(inner(src) + src)}; without the sum where the shapes differ. */
    public record Skip(Layer inner, Activation act) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            Value x = inner.write(w, name, src);
            w.graph().at(name + "skip");
            return w.activate(x.shape().equals(src.shape()) ? w.graph().add(new Op.Add(), x, src) : x, act);
        }
    }
}
