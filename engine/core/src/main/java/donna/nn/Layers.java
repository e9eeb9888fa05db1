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
    public record ConvNorm(String conv, String norm, int out, int kernel, int stride, Activation act) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            ConvGeometry g = ConvGeometry.same(kernel, stride, 1);
            return w.convNorm(name + conv, name + norm, src, out, kernel, g, act, Optional.empty());
        }
    }

    /** Squeeze-and-excite (Hu et al. 2018): gate = sigmoid(expand(act(reduce(mean over pixels)))). Linear weights {@code [reduced, C]}, {@code [C, reduced]}. */
    public record SqueezeExcite(int reduced, Activation act) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            w.graph().at(name + "pool");
            Value pooled = w.graph().add(new Op.GlobalAveragePool(), src);
            Value squeezed = w.activate(w.linear(name + "conv_reduce", pooled, reduced), act);
            Value gate = w.activate(w.linear(name + "conv_expand", squeezed, src.shape().dim(1)), Activation.SIGMOID);
            return w.graph().at(name + "gate").add(new Op.ChannelScale(), src, gate);
        }
    }

    /**
     * A layer of the MBConv family (Sandler et al. 2018): {@code [1x1 expand], kxk, [squeeze-excite], 1x1 project}, each with batch norm; a residual where
     * neither size nor channels change.
     *
     * @param expand whether there is a 1x1 expansion; without it the kxk convolution itself widens ("fused")
     * @param hidden channels inside
     * @param out channels of the result
     * @param groups channel groups of the kxk convolution; {@code hidden} is depthwise
     * @param squeeze channels inside squeeze-excite; 0 is none
     */
    public record InvertedResidual(
            boolean expand, int hidden, int out, int kernel, int stride, int groups, int squeeze, Activation act)
            implements Layer {
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
            if (squeeze > 0) {
                x = new SqueezeExcite(squeeze, act).write(w, name + "se.", x);
            }
            Optional<Value> residual = stride == 1 && src.shape().dim(1) == out ? Optional.of(src) : Optional.empty();
            return w.convNorm(name + "conv_pwl", name + "bn" + norm, x, out, 1, ConvGeometry.POINTWISE, Activation.NONE, residual);
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
            Value x = new ConvNorm("conv_head", "bn2", channels, kernel, 1, act).write(w, name, src);
            x = w.graph().at(name + "global_pool").add(new Op.GlobalAveragePool(), x);
            return w.linear(name + "classifier", x, classes);
        }
    }
}
