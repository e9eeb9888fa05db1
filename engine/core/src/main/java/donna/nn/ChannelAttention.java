package donna.nn;

import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Layers that scale each channel of an image by a gate which depends on the means of all channels. */
public final class ChannelAttention {
    private ChannelAttention() {}

    /**
     * Squeeze-and-excite (Hu et al. 2018): {@code gate(expand(act(reduce(mean over pixels))))}. Weights {@code conv_reduce.weight [reduced, C, 1, 1]},
     * {@code conv_expand.weight [C, reduced, 1, 1]}.
     *
     * @param gate {@code SIGMOID}, or {@code HSIGMOID} in MobileNetV3
     */
    public record SqueezeExcite(int reduced, Activation act, Activation gate) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            Value squeezed = w.activate(w.pointwise(name + "conv_reduce", means(w, name, src), reduced), act);
            Value excited = w.activate(w.pointwise(name + "conv_expand", squeezed, src.shape().dim(1)), gate);
            return w.graph().at(name + "gate").add(new Op.ChannelScale(), src, excited);
        }
    }

    /**
     * Efficient channel attention (Wang et al. 2020): the gate is the sigmoid of a one-dimensional convolution over neighbouring channels' means. Weight
     * {@code conv.weight [1, 1, taps]}; the number of taps grows with the logarithm of the channels.
     */
    public record Efficient() implements Layer {
        /** Taps for {@code channels}: odd, at least 3 (equation 12 with gamma 2 and b 1). */
        public static int taps(int channels) {
            int t = (int) Math.abs((Math.log(channels) / Math.log(2) + 1) / 2);
            return Math.max(t % 2 == 0 ? t + 1 : t, 3);
        }

        @Override
        public Value write(GraphWriter w, String name, Value src) {
            int n = src.shape().dim(0);
            int c = src.shape().dim(1);
            int taps = taps(c);
            Value means = means(w, name, src);
            w.graph().at(name + "conv");
            Value padded = w.graph().add(new Op.Pad(List.of(0, taps / 2), List.of(1, 1), Shape.of(n, c + taps - 1)), means);
            List<Value> windows = new ArrayList<>();
            for (int t = 0; t < taps; t++) {
                Value shifted = w.graph().add(new Op.Slice(List.of(0, t), List.of(1, 1), Shape.of(n, c)), padded);
                windows.add(w.graph().add(new Op.Reshape(Shape.of(n, c, 1)), shifted));
            }
            Value columns = w.graph().node(new Op.Concat(2), windows).output(0);
            Value weight = w.parameter(new ParameterSpec(name + "conv.weight", Shape.of(1, 1, taps), Init.fanIn(taps), true, true));
            Value mixed = w.graph().add(new Op.Linear(false), columns, w.graph().add(new Op.Reshape(Shape.of(1, taps)), weight));
            Value gate = w.activate(w.graph().add(new Op.Reshape(Shape.of(n, c)), mixed), Activation.SIGMOID);
            return w.graph().at(name + "gate").add(new Op.ChannelScale(), src, gate);
        }
    }

    private static Value means(GraphWriter w, String name, Value src) {
        return w.graph().at(name + "pool").add(new Op.GlobalAveragePool(), src);
    }

    /** Squeeze-and-excite with the usual gate; 0 channels are none. */
    public static Optional<Layer> squeeze(int reduced, Activation act) {
        return reduced == 0 ? Optional.empty() : Optional.of(new SqueezeExcite(reduced, act, Activation.SIGMOID));
    }
}
