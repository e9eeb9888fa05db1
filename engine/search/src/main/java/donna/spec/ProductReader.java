package donna.spec;

import donna.tensor.Activation;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Reads a product of candidates: axes that no type of it has may be left out. */
final class ProductReader {
    private static final Set<BlockType> WITHOUT_KERNEL = EnumSet.of(BlockType.TRANSFORMER);
    private static final Set<BlockType> KERNEL_IF_WANTED = EnumSet.of(BlockType.TRANSFORMER, BlockType.OWN);
    private static final Set<BlockType> WITHOUT_EXPANSION = EnumSet.of(BlockType.BASIC, BlockType.OWN);
    private static final Set<BlockType> WITHOUT_ATTENTION = EnumSet.of(BlockType.TRANSFORMER, BlockType.COMPOSED);
    private static final Set<BlockType> WITHOUT_ACTIVATION = EnumSet.of(BlockType.OWN);
    private static final Set<BlockType> WITHOUT_WIDTH = EnumSet.of(BlockType.GROUPED, BlockType.SHIFT, BlockType.COMPOSED);
    private static final int PERCENT = 100;

    private ProductReader() {}

    static CandidateProduct product(Section s) {
        List<BlockType> type = s.wordList("type", BlockType.class);
        List<Integer> kernel = s.has("kernel") || !KERNEL_IF_WANTED.containsAll(type) ? s.integers("kernel", 1, 7) : List.of(1);
        for (int k : kernel) {
            if (k % 2 == 0) {
                s.mistake("kernel", k + " is even; allowed 3, 5, 7");
            } else if (k < 3 && s.has("kernel") && !KERNEL_IF_WANTED.containsAll(type)) {
                s.mistake("kernel", k + " is too small; allowed 3, 5, 7");
            }
        }
        List<Integer> expand = s.has("expand") || !WITHOUT_EXPANSION.containsAll(type) ? s.integers("expand", 1, 16) : List.of(1);
        List<Attention> se = s.has("se") ? s.attentions("se") : List.of(Attention.NONE);
        List<Integer> heads = s.has("heads") ? s.integers("heads", 1, 64) : List.of(1);
        List<Activation> acts = s.has("act")
                ? s.wordList("act", Activation.class)
                : List.of(WITHOUT_ACTIVATION.containsAll(type) ? Activation.NONE : Activation.RELU);
        List<Double> width = s.has("width") ? s.decimals("width", 0.01, 1) : List.of(1.0);
        for (double w : width) {
            if (Math.abs(w * PERCENT - Math.rint(w * PERCENT)) > 1e-9) {
                s.mistake("width", w + " is no whole number of percent; allowed 0.01 to 1 in steps of 0.01");
            }
        }
        String family = s.has("family") ? s.text("family") : "";
        none(s, "kernel", type, WITHOUT_KERNEL, kernel, 1);
        none(s, "expand", type, WITHOUT_EXPANSION, expand, 1);
        none(s, "se", type, WITHOUT_ATTENTION, se, Attention.NONE);
        none(s, "act", type, WITHOUT_ACTIVATION, acts, Activation.NONE);
        none(s, "width", type, WITHOUT_WIDTH, width, 1.0);
        if (type.contains(BlockType.OWN) && (se.contains(Attention.HARD_SE) || se.contains(Attention.ECA))) {
            s.mistake("se", se.stream().map(Section::word).toList() + ": own units keep their attention or have none; allowed true, false");
        }
        none(s, "heads", type, EnumSet.complementOf(EnumSet.of(BlockType.TRANSFORMER)), heads, 1);
        if (type.contains(BlockType.COMPOSED) == family.isEmpty() || !family.isEmpty() && type.size() > 1) {
            s.mistake("family", "'" + family + "' with type " + type.stream().map(Section::word).toList() + "; expected the name of a family with type composed alone");
        }
        CandidateProduct product = new CandidateProduct(
                type,
                kernel,
                expand,
                s.integers("depth", 1, 16),
                se,
                acts,
                heads,
                width,
                family);
        s.close();
        return product;
    }

    /** An axis that a type does not have keeps the value that says so: another would name one layer twice. */
    private static void none(Section s, String key, List<BlockType> type, Set<BlockType> without, List<?> values, Object none) {
        for (BlockType t : type) {
            if (without.contains(t) && !values.equals(List.of(none))) {
                s.mistake(key, values + ": " + Section.word(t) + " has no " + key + "; leave it out");
            }
        }
    }
}
