package donna.distill;

import donna.graph.Cost;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Layer;
import donna.nn.Layers;
import donna.nn.Network;
import donna.space.Architecture;
import donna.space.Block;
import donna.space.Candidate;
import donna.space.SearchSpace;
import donna.spec.BlockType;
import donna.spec.ModelSpec;
import donna.spec.SearchSpec;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Layers from the words of a spec. */
public final class Networks {
    private Networks() {}

    /** The layers of one candidate; parameter names begin with the layer's number. */
    public static Layer block(Block block, Candidate c) {
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < c.depth(); i++) {
            int in = i == 0 ? block.in() : block.out();
            int hidden = c.hidden(block, i);
            int squeeze = c.se() ? Math.max(1, in / 4) : 0;
            int stride = i == 0 ? block.stride() : 1;
            boolean expand = c.type() != BlockType.FUSED;
            layers.add(new Layers.InvertedResidual(expand, hidden, block.out(), c.kernel(), stride, c.groups(hidden), squeeze, c.act()));
        }
        return new Layers.Sequential(layers);
    }

    /** The skeleton around the given blocks. */
    public static Network network(ModelSpec model, List<Block> blocks, List<Candidate> candidates) {
        ModelSpec.Stem s = model.stem();
        ModelSpec.Head h = model.head();
        List<Layer> layers = new ArrayList<>();
        for (int n = 0; n < blocks.size(); n++) {
            layers.add(block(blocks.get(n), candidates.get(n)));
        }
        Layer stem = new Layers.ConvNorm("conv_stem", "bn1", s.channels(), s.conv(), s.stride(), s.act());
        return new Network(stem, layers, new Layers.Head(h.channels(), h.conv(), h.act(), h.classes()));
    }

    /** An architecture of the space. */
    public static Network of(SearchSpec spec, SearchSpace space, Architecture architecture) {
        return network(spec.model(), space.blocks(), space.candidates(architecture));
    }

    /** The reference model. */
    public static Network teacher(SearchSpec spec, SearchSpace space) {
        return network(spec.model(), space.blocks(), teacherBlocks(spec));
    }

    /** What each block of the reference model is. */
    public static List<Candidate> teacherBlocks(SearchSpec spec) {
        return spec.model().blocks().stream()
                .map(b -> Candidate.of(spec.teacher().blockOf(b.name()), spec.space().groupWidth()))
                .toList();
    }

    /** The reference model's name as an architecture has it. */
    public static String teacherName(SearchSpec spec) {
        return teacherBlocks(spec).stream().map(Candidate::toString).collect(Collectors.joining("_"));
    }

    /** The reference model with every channel scaled by {@code width} (to multiples of 8) and at most {@code depth} layers a block: a baseline. */
    public static Network scaledTeacher(SearchSpec spec, SearchSpace space, double width, int depth) {
        ModelSpec m = spec.model();
        List<Candidate> scaled = teacherBlocks(spec).stream()
                .map(t -> new Candidate(t.type(), t.kernel(), t.expand(), Math.min(depth, t.depth()), t.se(), t.act(), t.groupWidth()))
                .toList();
        List<Block> blocks = space.blocks().stream()
                .map(b -> new Block(b.name(), scale(b.in(), width), scale(b.out(), width), b.stride()))
                .toList();
        ModelSpec.Stem s = m.stem();
        ModelSpec.Head h = m.head();
        ModelSpec model = new ModelSpec(
                m.input(),
                new ModelSpec.Stem(s.conv(), s.stride(), scale(s.channels(), width), s.act()),
                m.blocks(),
                new ModelSpec.Head(h.conv(), scale(h.channels(), width), h.act(), h.classes()));
        return network(model, blocks, scaled);
    }

    /** Cost of one image {@code [C, H, W]} through a layer. */
    public static Cost cost(Layer layer, Shape input) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.INFERENCE);
        Value src = w.graph().input("src", TensorSpec.f32(1, input.dim(0), input.dim(1), input.dim(2)));
        return Cost.of(w.graph().output("dst", layer.write(w, "", src)).build());
    }

    private static int scale(int channels, double width) {
        return Math.max(8, (int) (channels * width + 4) / 8 * 8);
    }
}
