package donna.spec;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The space below a model: each of its blocks as it is, and with smaller kernels, less expansion, fewer layers, without squeeze-and-excitation. */
public final class Reduction {
    private static final List<Double> SHARES = List.of(1.0, 0.75, 0.5, 0.25);

    private Reduction() {}

    /** The reduced blocks of the teacher of {@code spec}; the first candidate of each block is the teacher's own. */
    public static SpaceSpec of(SearchSpec spec) {
        Map<String, List<CandidateSpec>> blocks = new LinkedHashMap<>();
        int width = spec.space().groupWidth();
        for (ModelSpec.BlockSpec b : spec.model().blocks()) {
            blocks.put(b.name(), of(spec.teacher().blockOf(b.name()), b, width));
        }
        return spec.space().with(blocks);
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
    private static Set<Integer> parts(int whole) {
        Set<Integer> parts = new LinkedHashSet<>();
        SHARES.forEach(share -> parts.add((int) Math.ceil(share * whole)));
        return parts;
    }
}
