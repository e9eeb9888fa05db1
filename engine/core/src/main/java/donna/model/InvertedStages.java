package donna.model;

import donna.nn.Layer;
import donna.nn.Layers;
import donna.tensor.Activation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The middle of MobileNets and EfficientNets, from a table of its stages. Units are named {@code blocks.STAGE.INDEX}. */
final class InvertedStages {
    /** Channels are multiples of this. */
    private static final int DIVISOR = 8;

    /**
     * A row of equal layers; the first has the stride and the change of channels.
     *
     * @param expand hidden channels as a multiple of a layer's input; 0 for a depthwise separable layer
     * @param se whether there is attention
     */
    record Row(int stage, int repeats, int kernel, int stride, double expand, int out, boolean se, Activation act) {}

    /** The attention of a layer with {@code in} input and {@code hidden} inner channels. */
    interface Attention {
        Layer of(int in, int hidden);
    }

    private InvertedStages() {}

    /** @param in channels of the stem */
    static List<Layers.Named> units(int in, List<Row> rows, Attention attention) {
        List<Layers.Named> units = new ArrayList<>();
        int channels = in;
        int stage = -1;
        int index = 0;
        for (Row r : rows) {
            index = r.stage() == stage ? index : 0;
            stage = r.stage();
            for (int i = 0; i < r.repeats(); i++) {
                int stride = i == 0 ? r.stride() : 1;
                units.add(new Layers.Named("blocks." + stage + "." + index++, layer(channels, stride, r, attention)));
                channels = r.out();
            }
        }
        return units;
    }

    private static Layer layer(int in, int stride, Row r, Attention attention) {
        int hidden = r.expand() == 0 ? in : round(in * r.expand());
        Optional<Layer> own = r.se() ? Optional.of(attention.of(in, hidden)) : Optional.empty();
        return r.expand() == 0
                ? new Layers.DepthwiseSeparable(r.out(), r.kernel(), stride, own, r.act())
                : new Layers.InvertedResidual(true, hidden, r.out(), r.kernel(), stride, hidden, own, r.act());
    }

    /** The nearest multiple of 8, at least 8 and not below nine tenths of {@code channels} (as the authors' code rounds). */
    static int round(double channels) {
        int rounded = Math.max(DIVISOR, (int) (channels + DIVISOR / 2.0) / DIVISOR * DIVISOR);
        return rounded < 0.9 * channels ? rounded + DIVISOR : rounded;
    }
}
