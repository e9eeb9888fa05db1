package donna.distill;

import donna.graph.Cost;
import donna.graph.Value;
import donna.model.Reduced;
import donna.model.ReferenceModel;
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
import donna.spec.ReferenceSpec;
import donna.spec.SearchSpec;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import donna.train.Inference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Layers from the words of a spec. */
public final class Networks {
    private Networks() {}

    /** The layers of one candidate; parameter names begin with the layer's number, of {@code own} units with their names in the model. */
    public static Layer block(ModelSpec model, Block block, Candidate c) {
        return BlockLayers.of(model, block, c);
    }

    /** Whether the candidate is the reference model's own block as it is, apart from the names of parameters. */
    public static boolean isWhole(ModelSpec model, Block block, Candidate c, Shape input) {
        if (c.type() != BlockType.OWN) {
            return false;
        }
        ReferenceSpec reference = model.reference().orElseThrow();
        Layer whole = reference.model().network(reference.cut()).blocks().get(model.blockNames().indexOf(block.name()));
        return Set.copyOf(Inference.parameters(block(model, block, c), input)).equals(Set.copyOf(Inference.parameters(whole, input)));
    }

    /** The skeleton around the given blocks. */
    private static Network network(ModelSpec model, List<Block> blocks, List<Candidate> candidates) {
        List<Layer> layers = new ArrayList<>();
        for (int n = 0; n < blocks.size(); n++) {
            layers.add(block(model, blocks.get(n), candidates.get(n)));
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
        if (isOwn(spec)) {
            return reference.orElseThrow().model().network(reference.get().cut());
        }
        return network(spec.model(), space.blocks(), teacherBlocks(spec));
    }

    /** Whether the teacher is a model by name or from a file as it is: its parameters then have their names there. */
    public static boolean isOwn(SearchSpec spec) {
        return spec.model().reference().isPresent() && spec.teacher().blocks().isEmpty();
    }

    /** What each block of the reference model is. */
    public static List<Candidate> teacherBlocks(SearchSpec spec) {
        return spec.model().blocks().stream().map(b -> Candidate.of(spec.teacherBlock(b.name()), spec.space())).toList();
    }

    /** The reference model's name: its own, or as an architecture has it. */
    public static String teacherName(SearchSpec spec) {
        return spec.model().reference().filter(r -> isOwn(spec)).map(ReferenceSpec::name)
                .orElseGet(() -> teacherBlocks(spec).stream().map(Candidate::toString).collect(Collectors.joining("_")));
    }

    /**
     * The reference model with every channel scaled by {@code width} (to multiples of 8, in a model by name or from a file as far as {@link Reduced} can)
     * and at most {@code depth} layers a block, or as few as it can do with: a baseline.
     */
    public static Network scaledTeacher(SearchSpec spec, SearchSpace space, double width, int depth) {
        ModelSpec m = spec.model();
        if (m.reference().isPresent()) {
            return new Network((w, name, src) -> src, List.of(), scaledReference(spec, space, width, depth));
        }
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

    /** The same as one layer from images to logits, whose parameters are named as the teacher's. */
    private static Reduced scaledReference(SearchSpec spec, SearchSpace space, double width, int depth) {
        ReferenceSpec reference = spec.model().reference().orElseThrow();
        ReferenceModel m = reference.model();
        if (isOwn(spec)) {
            return new Reduced(m.shortened(reference.cut(), depth), width, Reduced.ANY_KERNEL, true);
        }
        List<Candidate> blocks = new ArrayList<>();
        for (Candidate t : teacherBlocks(spec)) {
            int needed = t.type() == BlockType.OWN ? m.depths(reference.cut(), blocks.size()).needed() : 1;
            blocks.add(t.withDepth(Math.min(t.depth(), Math.max(needed, depth))));
        }
        Network whole = network(spec.model(), space.blocks(), blocks);
        return new Reduced((w, name, src) -> whole.write(w, src).logits(), width, Reduced.ANY_KERNEL, true);
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
