package donna.bench.step;

import donna.nn.Layer;
import donna.nn.Layers;
import donna.nn.Network;
import donna.spec.Json;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The whole networks whose training is compared, as {@code networks.json} describes them for both sides. */
public record TrainedNetworks(List<Spec> networks) {
    /** A network, trained on batches {@code [batch, input...]}. */
    public record Spec(String name, int batch, List<Integer> input, Stem stem, List<Block> blocks, Head head) {
        public Network network() {
            List<Layer> all = new ArrayList<>();
            int in = stem.channels();
            for (Block b : blocks) {
                all.add(b.layers(in));
                in = b.out();
            }
            return new Network(
                    new Layers.ConvNorm("conv_stem", "bn1", stem.channels(), 3, stem.stride(), stem.act()),
                    all,
                    new Layers.Head(head.channels(), 1, head.act(), head.classes()));
        }
    }

    public record Stem(int channels, int stride, Activation act) {}

    public record Head(int channels, Activation act, int classes) {}

    /** As in MobileNetV2, an expansion of 1 has no 1x1 convolution before the depthwise one. */
    public record Block(int kernel, int expand, int depth, boolean se, Activation act, int out, int stride) {
        Layer layers(int in) {
            List<Layer> layers = new ArrayList<>();
            for (int i = 0; i < depth; i++) {
                int width = i == 0 ? in : out;
                int hidden = width * expand;
                int step = i == 0 ? stride : 1;
                layers.add(
                        expand > 1
                                ? new Layers.InvertedResidual(
                                        true, hidden, out, kernel, step, hidden, se ? Math.max(1, width / 4) : 0, act)
                                : separable(step));
            }
            return new Layers.Sequential(layers);
        }

        private Layer separable(int step) {
            return (w, name, src) -> {
                int channels = src.shape().dim(1);
                ConvGeometry depthwise = ConvGeometry.same(kernel, step, channels);
                var x = w.convNorm(name + "conv_dw", name + "bn1", src, channels, kernel, depthwise, act, Optional.empty());
                return w.convNorm(
                        name + "conv_pw", name + "bn2", x, out, 1, ConvGeometry.POINTWISE, Activation.NONE, Optional.empty());
            };
        }
    }

    public static Spec read(Path file, String name) {
        return Json.read(file, TrainedNetworks.class).networks().stream()
                .filter(n -> n.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(file + " has no network " + name));
    }
}
