package donna.spec;

import donna.tensor.DonnaException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What each block may be: the union of products, the same for every block unless a block has its own.
 *
 * @param groupWidth channels a group of {@link BlockType#GROUPED} candidates
 * @param families block families that the user composes, by name
 * @param candidates products for every block not named in {@code blocks}
 * @param blocks products of single blocks, by the block's name
 */
public record SpaceSpec(
        int groupWidth, Map<String, FamilySpec> families, List<CandidateProduct> candidates, Map<String, List<CandidateProduct>> blocks) {
    public SpaceSpec {
        families = Collections.unmodifiableMap(new LinkedHashMap<>(families));
        candidates = List.copyOf(candidates);
        blocks = Collections.unmodifiableMap(new LinkedHashMap<>(blocks));
    }

    /** A space in which every block has its own candidates, with this one's groups and families. */
    public SpaceSpec with(Map<String, List<CandidateSpec>> blocks) {
        Map<String, List<CandidateProduct>> products = new LinkedHashMap<>();
        blocks.forEach((name, list) -> products.put(name, list.stream().map(CandidateProduct::of).toList()));
        return new SpaceSpec(groupWidth, families, products.values().iterator().next(), products);
    }

    /** This space and, behind its own candidates, those of {@code more} that it has not. */
    SpaceSpec with(SpaceSpec more) {
        Map<String, List<CandidateProduct>> own = new LinkedHashMap<>(blocks);
        more.blocks.keySet().forEach(name -> own.putIfAbsent(name, candidates));
        own.replaceAll((name, products) -> joined(products, more.candidatesOf(name)));
        Map<String, FamilySpec> all = new LinkedHashMap<>(families);
        more.families.forEach((name, family) -> {
            if (!family.equals(all.getOrDefault(name, family))) {
                throw new DonnaException.InvalidInput("family " + name + " is another one in the space that is extended; give the new one another name");
            }
            all.put(name, family);
        });
        return new SpaceSpec(groupWidth, all, joined(candidates, specs(more.candidates)), own);
    }

    private static List<CandidateProduct> joined(List<CandidateProduct> products, List<CandidateSpec> more) {
        Set<CandidateSpec> known = new LinkedHashSet<>(specs(products));
        return Stream.concat(products.stream(), more.stream().filter(known::add).map(CandidateProduct::of)).toList();
    }

    private static List<CandidateSpec> specs(List<CandidateProduct> products) {
        return products.stream().flatMap(p -> p.candidates().stream()).toList();
    }

    /** The candidates of one block, in the spec's order. */
    public List<CandidateSpec> candidatesOf(String block) {
        return specs(blocks.getOrDefault(block, candidates));
    }
}
