package donna.cost;

/**
 * Multiply-accumulates of one image.
 *
 * @param table of stem and head, and of every candidate
 */
public record Macs(BlockTable table) implements AdditiveCost {
    /** From counts. */
    public static Macs of(long fixed, long[][] blocks) {
        return new Macs(BlockTable.of(fixed, blocks));
    }

    @Override
    public String name() {
        return "macs";
    }
}
