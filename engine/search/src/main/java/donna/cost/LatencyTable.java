package donna.cost;

/**
 * Latency of one batch as the sum of separately measured parts, in milliseconds.
 *
 * @param batch images in the batch
 * @param table milliseconds of stem and head, and of every candidate
 */
public record LatencyTable(int batch, BlockTable table) implements AdditiveCost {
    /** From milliseconds. */
    public static LatencyTable ofMs(int batch, double fixedMs, double[][] blockMs) {
        return new LatencyTable(batch, new BlockTable(fixedMs, blockMs));
    }

    @Override
    public String name() {
        return "latencyMs";
    }
}
