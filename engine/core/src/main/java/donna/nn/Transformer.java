package donna.nn;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.util.List;

/**
 * The parts of vision transformers (Dosovitskiy et al. 2021) with timm's parameter names. Between layers tokens are the pixels of an image (with a class
 * token: {@code [N, D, T, 1]}), so that they pass wherever feature maps do; inside a layer they are {@code [N, T, D]}.
 */
public final class Transformer {
    private static final float EPS = 1e-6f;

    private static final List<Integer> SWAPPED = List.of(0, 2, 1);

    private Transformer() {}

    /** {@code [N, T, D]} of an image of tokens; what {@link #image} has just made of tokens is those tokens. */
    public static Value tokens(GraphWriter w, Value image) {
        Node last = image.node();
        if (last.op() instanceof Op.Reshape && last.input(0).node().op() instanceof Op.Transpose t && t.permutation().equals(SWAPPED)) {
            return last.input(0).node().input(0);
        }
        Shape s = image.shape();
        Value rows = w.graph().add(new Op.Reshape(Shape.of(s.dim(0), s.dim(1), s.dim(2) * s.dim(3))), image);
        return w.graph().add(new Op.Transpose(SWAPPED), rows);
    }

    /** Tokens as an image of {@code shape}. */
    public static Value image(GraphWriter w, Value tokens, Shape shape) {
        return w.graph().add(new Op.Reshape(shape), w.graph().add(new Op.Transpose(SWAPPED), tokens));
    }

    /**
     * Patches to tokens, a class token before them, positions added: {@code patch_embed.proj}, {@code cls_token [1, 1, D]}, {@code pos_embed [1, T, D]}.
     *
     * @param patch side of a patch, in pixels
     */
    public record PatchEmbedding(int width, int patch) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            Value patches = w.conv(name + "patch_embed.proj", src, width, patch, new ConvGeometry(patch, 0, 1, 1));
            w.graph().at(name + "pos_embed");
            Value tokens = tokens(w, patches);
            Shape all = tokens.shape().with(1, tokens.shape().dim(1) + 1);
            Shape one = all.with(0, 1);
            Value behind = w.graph().add(new Op.Pad(List.of(0, 1, 0), List.of(1, 1, 1), all), tokens);
            Value classToken = w.parameter(new ParameterSpec(name + "cls_token", one.with(1, 1), new Init.Uniform(0.02), true, false));
            Value first = w.graph().add(new Op.Pad(List.of(0, 0, 0), List.of(1, 1, 1), one), classToken);
            Value positions = w.parameter(new ParameterSpec(name + "pos_embed", one, new Init.Uniform(0.02), true, false));
            Value placed = w.graph().add(new Op.AddEach(), behind, w.graph().add(new Op.Add(), positions, first));
            return image(w, placed, Shape.of(all.dim(0), all.dim(2), all.dim(1), 1));
        }
    }

    /**
     * Attention and two linear layers, each after a layer norm and with a residual: {@code norm1}, {@code attn.qkv}, {@code attn.proj}, {@code norm2},
     * {@code mlp.fc1}, {@code mlp.fc2}.
     *
     * @param heads divides the tokens' width
     * @param hidden width between the two linear layers
     */
    public record Encoder(int heads, int hidden, Activation act) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            Value x = tokens(w, src);
            int width = x.shape().dim(2);
            Value attended = attention(w, name + "attn.", w.layerNorm(name + "norm1", x, EPS));
            x = w.graph().at(name + "attn").add(new Op.Add(), x, attended);
            Value inner = w.activate(w.linear(name + "mlp.fc1", w.layerNorm(name + "norm2", x, EPS), hidden), act);
            Value out = w.linear(name + "mlp.fc2", inner, width);
            return image(w, w.graph().at(name + "mlp").add(new Op.Add(), x, out), src.shape());
        }

        private Value attention(GraphWriter w, String name, Value x) {
            int width = x.shape().dim(2);
            int each = width / heads;
            Value all = w.linear(name + "qkv", x, 3 * width);
            w.graph().at(name + "heads");
            Value query = w.graph().add(new Op.Scale((float) (1 / Math.sqrt(each))), head(w, all, 0, width));
            Value scores = w.graph().add(new Op.MatMul(false, true), query, head(w, all, 1, width));
            Value mixed = w.graph().add(new Op.MatMul(false, false), w.graph().add(new Op.Softmax(), scores), head(w, all, 2, width));
            Value rows = w.graph().add(new Op.Transpose(List.of(0, 2, 1, 3)), mixed);
            return w.linear(name + "proj", w.graph().add(new Op.Reshape(x.shape()), rows), width);
        }

        /** Query, key or value: part {@code i} of {@code all [N, T, 3 D]} as {@code [N, heads, T, D / heads]}. */
        private Value head(GraphWriter w, Value all, int i, int width) {
            Shape s = all.shape();
            Value part = w.graph().add(new Op.Slice(List.of(0, 0, i * width), List.of(1, 1, 1), s.with(2, width)), all);
            Value split = w.graph().add(new Op.Reshape(Shape.of(s.dim(0), s.dim(1), heads, width / heads)), part);
            return w.graph().add(new Op.Transpose(List.of(0, 2, 1, 3)), split);
        }
    }

    /** Layer norm, and a linear classifier of the class token: {@code norm}, {@code head}. */
    public record ClassHead(int classes) implements Layer {
        @Override
        public Value write(GraphWriter w, String name, Value src) {
            Value x = tokens(w, src);
            Shape s = x.shape();
            Value first = w.graph().at(name + "cls").add(new Op.Slice(List.of(0, 0, 0), List.of(1, 1, 1), s.with(1, 1)), x);
            Value row = w.graph().add(new Op.Reshape(Shape.of(s.dim(0), s.dim(2))), first);
            return w.linear(name + "head", w.layerNorm(name + "norm", row, EPS), classes);
        }
    }
}
