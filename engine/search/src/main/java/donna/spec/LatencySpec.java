package donna.spec;

import java.util.List;

/**
 * How latency is measured on this machine.
 *
 * @param threads threads a network runs on
 * @param batches batch sizes that are measured
 * @param objective the batch size whose latency is searched
 * @param secondsPerBlock time spent on each candidate
 * @param secondsPerNetwork time spent on each whole network
 * @param checkNetworks number of whole networks measured to show that block latencies add up
 */
public record LatencySpec(
        int threads,
        List<Integer> batches,
        int objective,
        double secondsPerBlock,
        double secondsPerNetwork,
        int checkNetworks) {
    public LatencySpec {
        batches = List.copyOf(batches);
    }
}
