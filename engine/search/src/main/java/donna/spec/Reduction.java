package donna.spec;

import donna.model.ReferenceModel;
import donna.nn.ParameterSpec;
import donna.tensor.Activation;
import donna.tensor.Shape;
import donna.train.Inference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The space below a model: each of its blocks as it is, and with smaller kernels, less expansion or fewer channels inside, fewer layers, without
 * squeeze-and-excitation. Blocks of a model by name or from a file may also become a few layers of other kinds that take and give the same.
 */
public final class Reduction {
    private static final List<Double> SHARES = List.of(1.0, 0.75, 0.5, 0.25);

    /** Expansions of the inverted residuals that may stand for a block of any kind. */
    private static final List<Integer> OTHERS = List.of(2, 4);

    private Reduction() {}

    /** The reduced blocks of the teacher of {@code spec}; the first candidate of each block is the teacher's own. */
    public static SpaceSpec of(SearchSpec spec) {
        Map<String, List<CandidateSpec>> blocks = new LinkedHashMap<>();
        int width = spec.space().groupWidth();
        for (ModelSpec.BlockSpec b : spec.model().blocks()) {
            CandidateSpec whole = spec.teacherBlock(b.name());
            blocks.put(b.name(), whole.type() == BlockType.OWN ? own(whole, spec.model(), blocks.size()) : of(whole, b, width));
        }
        return spec.space().with(blocks);
    }

    /** Reductions that leave every parameter its shape are one. */
    private static List<CandidateSpec> own(CandidateSpec whole, ModelSpec model, int n) {
        ReferenceSpec reference = model.reference().orElseThrow();
        ReferenceModel m = reference.model();
        List<Shape> shapes = Inference.boundaryShapes(m.network(reference.cut()), m.image());
        int needed = Math.max(1, m.depths(reference.cut(), n).needed());
        Map<Set<ParameterSpec>, CandidateSpec> different = new LinkedHashMap<>();
        for (int kernel : List.of(1, 3)) {
            for (double width : SHARES) {
                for (int depth : parts(whole.depth())) {
                    for (boolean se : new LinkedHashSet<>(List.of(whole.se() != Attention.NONE, false))) {
                        int units = Math.max(needed, depth);
                        CandidateSpec c = CandidateSpec.own(kernel, units, se, width);
                        different.putIfAbsent(Set.copyOf(Inference.parameters(reference.block(n, units, kernel, se, width), shapes.get(n))), c);
                    }
                }
            }
        }
        List<CandidateSpec> all = new ArrayList<>(different.values());
        if (shapes.get(n + 1).dim(2) > 1) { // a row of tokens is no image
            for (int expand : OTHERS) {
                for (int depth = 1; depth <= Math.min(2, whole.depth()); depth++) {
                    all.add(new CandidateSpec(BlockType.MBCONV, 3, expand, depth, false, Activation.RELU));
                }
            }
            all.add(new CandidateSpec(BlockType.BASIC, 3, 1, 1, false, Activation.RELU));
        }
        return all;
    }

    private static List<CandidateSpec> of(CandidateSpec whole, ModelSpec.BlockSpec block, int groupWidth) {
        List<CandidateSpec> all = new ArrayList<>();
        for (int kernel = whole.kernel(); kernel >= Math.min(3, whole.kernel()); kernel -= 2) {
            for (int expand : parts(whole.expand())) {
                for (int depth : parts(whole.depth())) {
                    for (Attention se : new LinkedHashSet<>(List.of(whole.se(), Attention.NONE))) {
                        CandidateSpec c = whole.with(kernel, expand, depth, se);
                        if (c.type() != BlockType.GROUPED || wholeGroups(c, block, groupWidth)) {
                            all.add(c);
                        }
                    }
                }
            }
        }
        return all;
    }

    private static boolean wholeGroups(CandidateSpec c, ModelSpec.BlockSpec block, int groupWidth) {
        return block.in() * c.expand() % groupWidth == 0 && (c.depth() == 1 || block.out() * c.expand() % groupWidth == 0);
    }

    /** The whole, three quarters, a half and a quarter of it, rounded up. */
    public static Set<Integer> parts(int whole) {
        Set<Integer> parts = new LinkedHashSet<>();
        SHARES.forEach(share -> parts.add((int) Math.ceil(share * whole)));
        return parts;
    }
}
