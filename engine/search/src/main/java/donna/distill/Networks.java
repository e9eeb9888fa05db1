package donna.distill;

import donna.graph.Cost;
import donna.graph.Value;
import donna.model.ReferenceModel;
import donna.nn.GraphWriter;
import donna.nn.Layer;
import donna.nn.Layers;
import donna.nn.Network;
import donna.space.Architecture;
import donna.space.Block;
import donna.space.Candidate;
import donna.space.SearchSpace;
import donna.spec.ModelSpec;
import donna.spec.ReferenceSpec;
import donna.spec.SearchSpec;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Layers from the words of a spec. */
public final class Networks {
    private Networks() {}

    /** The layers of one candidate; parameter names begin with the layer's number. */
    public static Layer block(Block block, Candidate c) {
        return BlockLayers.of(block, c);
    }

    /** The skeleton around the given blocks. */
    private static Network network(ModelSpec model, List<Block> blocks, List<Candidate> candidates) {
        List<Layer> layers = new ArrayList<>();
        for (int n = 0; n < blocks.size(); n++) {
            layers.add(block(blocks.get(n), candidates.get(n)));
        }
        if (model.reference().isPresent()) {
            ReferenceModel m = model.reference().get().model();
            return new Network(m.stem(), layers, m.head());
        }
        ModelSpec.Stem s = model.stem().orElseThrow();
        ModelSpec.Head h = model.head().orElseThrow();
        Layer stem = new Layers.ConvNorm("conv_stem", "bn1", s.channels(), s.conv(), s.stride(), s.act());
        return new Network(stem, layers, new Layers.Head(h.channels(), h.conv(), h.act(), h.classes()));
    }

    /** An architecture of the space. */
    public static Network of(SearchSpec spec, SearchSpace space, Architecture architecture) {
        return network(spec.model(), space.blocks(), space.candidates(architecture));
    }

    /** The reference model. */
    public static Network teacher(SearchSpec spec, SearchSpace space) {
        Optional<ReferenceSpec> reference = spec.model().reference();
        if (reference.isPresent()) {
            return reference.get().model().network(reference.get().cut());
        }
        return network(spec.model(), space.blocks(), teacherBlocks(spec));
    }

    /** What each block of the reference model is; empty where it is one by name, whose blocks are no candidates. */
    public static List<Candidate> teacherBlocks(SearchSpec spec) {
        return spec.model().reference().isPresent()
                ? List.of()
                : spec.model().blocks().stream().map(b -> Candidate.of(spec.teacher().blockOf(b.name()), spec.space())).toList();
    }

    /** The reference model's name: its own, or as an architecture has it. */
    public static String teacherName(SearchSpec spec) {
        return spec.model().reference().map(ReferenceSpec::name)
                .orElseGet(() -> teacherBlocks(spec).stream().map(Candidate::toString).collect(Collectors.joining("_")));
    }

    /** The reference model with every channel scaled by {@code width} (to multiples of 8) and at most {@code depth} layers a block: a baseline. */
    public static Network scaledTeacher(SearchSpec spec, SearchSpace space, double width, int depth) {
        ModelSpec m = spec.model();
        List<Candidate> scaled = teacherBlocks(spec).stream()
                .map(t -> t.withDepth(Math.min(depth, t.depth())))
                .toList();
        List<Block> blocks = space.blocks().stream()
                .map(b -> new Block(b.name(), scale(b.in(), width), scale(b.out(), width), b.stride()))
                .toList();
        ModelSpec model = new ModelSpec(
                m.input(),
                Optional.empty(),
                m.stem().map(s -> new ModelSpec.Stem(s.conv(), s.stride(), scale(s.channels(), width), s.act())),
                m.blocks(),
                m.head().map(h -> new ModelSpec.Head(h.conv(), scale(h.channels(), width), h.act(), h.classes())));
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
