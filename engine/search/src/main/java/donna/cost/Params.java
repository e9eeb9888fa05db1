package donna.cost;

/**
 * Trainable parameters.
 *
 * @param table of stem and head, and of every candidate
 */
public record Params(BlockTable table) implements AdditiveCost {
    /** From counts. */
    public static Params of(long fixed, long[][] blocks) {
        return new Params(BlockTable.of(fixed, blocks));
    }

    @Override
    public String name() {
        return "params";
    }
}
