package donna.spec;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What each block may be: the union of products, the same for every block unless a block has its own.
 *
 * @param groupWidth channels a group of {@link BlockType#GROUPED} candidates
 * @param candidates products for every block not named in {@code blocks}
 * @param blocks products of single blocks, by the block's name
 */
public record SpaceSpec(int groupWidth, List<CandidateProduct> candidates, Map<String, List<CandidateProduct>> blocks) {
    public SpaceSpec {
        candidates = List.copyOf(candidates);
        blocks = Collections.unmodifiableMap(new LinkedHashMap<>(blocks));
    }

    /** The candidates of one block, in the spec's order. */
    public List<CandidateSpec> candidatesOf(String block) {
        return blocks.getOrDefault(block, candidates).stream()
                .flatMap(p -> p.candidates().stream())
                .toList();
    }
}
