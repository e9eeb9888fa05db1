package donna.bench.step;

import donna.distill.Networks;
import donna.nn.Layer;
import donna.nn.Layers;
import donna.nn.Network;
import donna.space.Block;
import donna.space.Candidate;
import donna.space.SearchSpace;
import donna.spec.ModelSpec;
import donna.spec.SearchSpec;
import donna.tensor.Activation;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * A classifier in the words in which both sides of a comparison build it.
 *
 * @param input {@code [C, H, W]}
 */
public record Model(String name, List<Integer> input, int classes, Ends stem, List<Inverted> layers, Ends head) {
    /** The convolution of a stem or a head. */
    public record Ends(int kernel, int stride, int channels, Activation act) {}

    /** A layer of the MBConv family; without {@code expand} the depthwise convolution comes first. */
    public record Inverted(
            int in, boolean expand, int hidden, int out, int kernel, int stride, int squeeze, Activation act) {}

    /** A spec's reference model, made of depthwise layers. */
    public static Model reference(SearchSpec spec) {
        SearchSpace space = SearchSpace.of(spec);
        Candidate c = Networks.teacherBlock(spec);
        ModelSpec m = spec.model();
        List<Inverted> layers = new ArrayList<>();
        for (Block b : space.blocks()) {
            for (int i = 0; i < c.depth(); i++) {
                int in = i == 0 ? b.in() : b.out();
                int stride = i == 0 ? b.stride() : 1;
                layers.add(new Inverted(
                        in, true, c.hidden(b, i), b.out(), c.kernel(), stride, c.se() ? Math.max(1, in / 4) : 0, c.act()));
            }
        }
        ModelSpec.Stem s = m.stem();
        ModelSpec.Head h = m.head();
        return new Model(
                "reference",
                m.input(),
                h.classes(),
                new Ends(s.conv(), s.stride(), s.channels(), s.act()),
                layers,
                new Ends(h.conv(), 1, h.channels(), h.act()));
    }

    /** MobileNetV2 (Sandler et al. 2018) for images of 32x32: three strides fewer than for 224x224. */
    public static Model mobileNetV2() {
        int[][] rows = {{1, 16, 1, 1}, {6, 24, 2, 1}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
        List<Inverted> layers = new ArrayList<>();
        int in = 32;
        for (int[] r : rows) {
            for (int i = 0; i < r[2]; i++) {
                layers.add(new Inverted(in, r[0] > 1, in * r[0], r[1], 3, i == 0 ? r[3] : 1, 0, Activation.RELU6));
                in = r[1];
            }
        }
        return new Model(
                "mobilenetv2-32", List.of(3, 32, 32), 10, new Ends(3, 1, 32, Activation.RELU6), layers, new Ends(1, 1, 1280, Activation.RELU6));
    }

    public Shape image() {
        return Shape.of(input.get(0), input.get(1), input.get(2));
    }

    public Network network() {
        List<Layer> blocks = new ArrayList<>();
        for (Inverted l : layers) {
            blocks.add(new Layers.InvertedResidual(l.expand, l.hidden, l.out, l.kernel, l.stride, l.hidden, l.squeeze, l.act));
        }
        return new Network(
                new Layers.ConvNorm("conv_stem", "bn1", stem.channels, stem.kernel, stem.stride, stem.act),
                List.of(new Layers.Sequential(blocks)),
                new Layers.Head(head.channels, head.kernel, head.act, classes));
    }
}
