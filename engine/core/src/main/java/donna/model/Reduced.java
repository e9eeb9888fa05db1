package donna.model;

import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Layer;
import donna.tensor.Shape;
import java.util.Map;

/**
 * A layer of any kind with less inside: fewer channels, smaller windows, no channel attention. What comes in and goes out stays as it is; every other
 * set of values that must have equal channels shrinks to {@code width} of it, to a multiple of 8. Values whose channels are split, merged or moved keep
 * theirs. Parameters are named as the layer's own, after the name under which it is written.
 *
 * @param whole the layer
 * @param width share of the channels, above 0 and at most 1
 * @param kernel largest side of a convolution's window; {@link #ANY_KERNEL} leaves all as they are
 * @param attention whether gates of channels stay, where they depend on what comes in
 */
public record Reduced(Layer whole, double width, int kernel, boolean attention) implements Layer {
    /** No window is cut. */
    public static final int ANY_KERNEL = Integer.MAX_VALUE;

    /** Nothing less inside: another name for the parameters is all. */
    public Reduced(Layer whole) {
        this(whole, 1, ANY_KERNEL, true);
    }

    @Override
    public Value write(GraphWriter w, String name, Value src) {
        return new Slimming(this, src.spec()).write(w, name, src);
    }

    /**
     * Starting values from those of the whole layer: of fewer channels those with the largest weights, of windows the middle.
     *
     * @param values of the whole layer, by its own names
     * @param input {@code [C, H, W]}
     */
    public Map<String, float[]> inherited(Map<String, float[]> values, Shape input) {
        return new Inheritance(this, input).of(values);
    }
}
