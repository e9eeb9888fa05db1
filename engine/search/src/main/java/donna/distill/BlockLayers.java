package donna.distill;

import donna.model.Reduced;
import donna.nn.ChannelAttention;
import donna.nn.Layer;
import donna.nn.Layers;
import donna.nn.Residual;
import donna.nn.Residual.Shortcut;
import donna.nn.Shift;
import donna.nn.Transformer;
import donna.space.Block;
import donna.space.Candidate;
import donna.spec.Attention;
import donna.spec.BlockType;
import donna.spec.FamilySpec;
import donna.spec.ModelSpec;
import donna.spec.ReferenceSpec;
import donna.tensor.Activation;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The layers of a candidate: for each of its layers, what the family makes of it. */
final class BlockLayers {
    private BlockLayers() {}

    /** All layers; parameter names begin with the layer's number, of {@code own} units with their names in the model. */
    static Layer of(ModelSpec model, Block block, Candidate c) {
        if (c.type() == BlockType.OWN) {
            ReferenceSpec reference = model.reference().orElseThrow(() -> new DonnaException.InvalidInput(
                    "block " + block.name() + ": own units are a reference model's, and model/reference names none"));
            return reference.block(model.blockNames().indexOf(block.name()), c.depth(), c.kernel(), c.se() != Attention.NONE, c.width());
        }
        Layer whole = whole(block, c);
        return c.width() < 1 ? new Reduced(whole, c.width(), Reduced.ANY_KERNEL, true) : whole;
    }

    private static Layer whole(Block block, Candidate c) {
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < c.depth(); i++) {
            layers.add(layer(block, c, i));
        }
        return new Layers.Sequential(layers);
    }

    private static Layer layer(Block block, Candidate c, int i) {
        int in = i == 0 ? block.in() : block.out();
        int out = block.out();
        int stride = i == 0 ? block.stride() : 1;
        int hidden = c.hidden(block, i);
        return switch (c.type()) {
            case MBCONV, GROUPED -> new Layers.InvertedResidual(true, hidden, out, c.kernel(), stride, c.groups(hidden), attention(c, in, hidden), c.act());
            case FUSED -> new Layers.InvertedResidual(false, hidden, out, c.kernel(), stride, 1, attention(c, in, hidden), c.act());
            case BASIC -> new Residual.Basic(out, c.kernel(), stride, Shortcut.PROJECTION, attention(c, out, out), c.act());
            case BOTTLENECK -> {
                int inner = Math.max(1, out / c.expand());
                yield new Residual.Bottleneck(inner, out, c.kernel(), stride, Shortcut.PROJECTION, attention(c, out, out), c.act());
            }
            case SHIFT -> shift(c, in, hidden, out, stride);
            case TRANSFORMER -> encoder(c, in, out, stride);
            case COMPOSED -> composed(c, in, hidden, out, stride);
            case OWN -> throw new IllegalArgumentException("own units are the model's, not a family's");
        };
    }

    /** Squeezed to a quarter of {@code from} channels; MobileNetV3's has hard gates and a quarter of {@code inside}. */
    private static Optional<Layer> attention(Candidate c, int from, int inside) {
        return switch (c.se()) {
            case NONE -> Optional.empty();
            case SE -> ChannelAttention.squeeze(Math.max(1, from / 4), c.act());
            case HARD_SE -> Optional.of(new ChannelAttention.SqueezeExcite(Math.max(1, inside / 4), Activation.RELU, Activation.HSIGMOID));
            case ECA -> Optional.of(new ChannelAttention.Efficient());
        };
    }

    /** 1x1 expand, shift, 1x1 project with the stride. */
    private static Layer shift(Candidate c, int in, int hidden, int out, int stride) {
        List<Layer> all = new ArrayList<>(List.of(new Layers.ConvNorm("conv_pw", "bn1", hidden, 1, 1, c.act()), new Shift(c.kernel())));
        attention(c, in, hidden).ifPresent(a -> all.add((w, name, src) -> a.write(w, name + "se.", src)));
        all.add(new Layers.ConvNorm("conv_pwl", "bn2", out, 1, stride, Activation.NONE));
        return new Layers.Skip(new Layers.Chain(all), Activation.NONE);
    }

    /** An encoder of a transformer whose tokens are the pixels; where size or channels change, a convolution before it does that. */
    private static Layer encoder(Candidate c, int in, int out, int stride) {
        Layer encoder = new Transformer.Encoder(c.heads(), c.expand() * out, c.act());
        if (in == out && stride == 1) {
            return encoder;
        }
        return new Layers.Chain(List.of(new Layers.ConvNorm("merge", "bn", out, 3, stride, Activation.NONE), encoder));
    }

    private static Layer composed(Candidate c, int in, int hidden, int out, int stride) {
        FamilySpec family = c.ops().orElseThrow();
        List<Layer> steps = new ArrayList<>();
        int channels = in;
        for (FamilySpec.Step s : family.ops()) {
            int kernel = s.kernel().equals(FamilySpec.KERNEL) ? c.kernel() : Integer.parseInt(s.kernel());
            int step = s.stride() ? stride : 1;
            Activation act = s.act().equals(FamilySpec.ACT) ? c.act() : Activation.valueOf(s.act().toUpperCase(Locale.ROOT));
            int next = switch (s.channels()) {
                case "in" -> in;
                case "hidden" -> hidden;
                case "out" -> out;
                default -> Integer.parseInt(s.channels());
            };
            switch (s.op()) {
                case CONV -> {
                    steps.add(new Layers.ConvNorm("conv", "bn", next, kernel, step, s.groups(), act));
                    channels = next;
                }
                case DEPTHWISE -> steps.add(new Layers.ConvNorm("conv", "bn", channels, kernel, step, channels, act));
                case MAX_POOL -> steps.add(new Layers.MaxPool(kernel, step));
                case AVERAGE_POOL -> steps.add(new Layers.AveragePool(kernel, step));
                case SHIFT -> steps.add(new Shift(kernel));
                case SQUEEZE_EXCITE -> ChannelAttention.squeeze(Math.max(1, in / 4), c.act()).ifPresent(steps::add);
                case ECA -> steps.add(new ChannelAttention.Efficient());
            }
        }
        Layer all = new Layers.Sequential(steps);
        return family.residual() ? new Layers.Skip(all, Activation.NONE) : all;
    }
}
