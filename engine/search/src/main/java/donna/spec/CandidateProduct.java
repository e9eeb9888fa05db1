package donna.spec;

import donna.tensor.Activation;
import java.util.ArrayList;
import java.util.List;

/**
 * A product of candidates: every axis lists the values it takes.
 *
 * @param type convolutions in the middle
 * @param kernel sides of the kxk convolution
 * @param expand expansions
 * @param depth numbers of layers
 * @param se without and/or with squeeze-and-excitation
 * @param act activations
 */
public record CandidateProduct(
        List<BlockType> type,
        List<Integer> kernel,
        List<Integer> expand,
        List<Integer> depth,
        List<Boolean> se,
        List<Activation> act) {
    public CandidateProduct {
        type = List.copyOf(type);
        kernel = List.copyOf(kernel);
        expand = List.copyOf(expand);
        depth = List.copyOf(depth);
        se = List.copyOf(se);
        act = List.copyOf(act);
    }

    /** The product of one candidate. */
    static CandidateProduct of(CandidateSpec c) {
        return new CandidateProduct(
                List.of(c.type()), List.of(c.kernel()), List.of(c.expand()), List.of(c.depth()), List.of(c.se()), List.of(c.act()));
    }

    /** All candidates of the product; the last axis ({@code act}) varies fastest. */
    public List<CandidateSpec> candidates() {
        List<CandidateSpec> all = new ArrayList<>();
        for (BlockType t : type) {
            for (int k : kernel) {
                for (int e : expand) {
                    for (int d : depth) {
                        for (boolean s : se) {
                            for (Activation a : act) {
                                all.add(new CandidateSpec(t, k, e, d, s, a));
                            }
                        }
                    }
                }
            }
        }
        return all;
    }
}
