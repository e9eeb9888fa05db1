package donna.spec;

import donna.tensor.Activation;
import java.util.ArrayList;
import java.util.List;

/**
 * A product of candidates: every axis lists the values it takes.
 *
 * @param type what the layers are
 * @param kernel sides of the kxk convolution
 * @param expand expansions
 * @param depth numbers of layers
 * @param se channel attentions
 * @param act activations
 * @param heads numbers of a transformer's heads
 * @param width shares of the channels inside
 * @param family name of the family of {@code composed} candidates
 */
public record CandidateProduct(
        List<BlockType> type,
        List<Integer> kernel,
        List<Integer> expand,
        List<Integer> depth,
        List<Attention> se,
        List<Activation> act,
        List<Integer> heads,
        List<Double> width,
        String family) {
    public CandidateProduct {
        type = List.copyOf(type);
        kernel = List.copyOf(kernel);
        expand = List.copyOf(expand);
        depth = List.copyOf(depth);
        se = List.copyOf(se);
        act = List.copyOf(act);
        heads = List.copyOf(heads);
        width = List.copyOf(width);
    }

    /** The product of one candidate. */
    static CandidateProduct of(CandidateSpec c) {
        return new CandidateProduct(
                List.of(c.type()), List.of(c.kernel()), List.of(c.expand()), List.of(c.depth()), List.of(c.se()), List.of(c.act()),
                List.of(c.heads()), List.of(c.width()), c.family());
    }

    /** All candidates of the product; the last axis ({@code width}) varies fastest. */
    public List<CandidateSpec> candidates() {
        List<CandidateSpec> all = new ArrayList<>();
        for (BlockType t : type) {
            for (int k : kernel) {
                for (int e : expand) {
                    for (int d : depth) {
                        for (Attention s : se) {
                            for (Activation a : act) {
                                for (int h : heads) {
                                    width.forEach(w -> all.add(new CandidateSpec(t, k, e, d, s, a, h, w, family)));
                                }
                            }
                        }
                    }
                }
            }
        }
        return all;
    }
}
