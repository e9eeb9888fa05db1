package donna.bench;

import donna.graph.Cost;
import donna.graph.Graph;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one invocation of a benchmark does; what does not apply is 0.
 *
 * @param flops floating-point operations; a multiply-accumulate is two
 * @param bytes read and written if every op reads its inputs and writes its outputs once
 * @param images trained on
 * @param candidates architectures rated
 */
public record Work(double flops, double bytes, double images, double candidates) {
    /** Work whose rate says nothing: only the time counts. */
    static final Work NONE = new Work(0, 0, 0, 0);

    /** Rating candidates. */
    static Work rating(long candidates) {
        return new Work(0, 0, 0, candidates);
    }

    /** Arithmetic and traffic of a graph. */
    public static Work of(Graph graph) {
        Cost cost = Cost.of(graph);
        return new Work(2.0 * cost.macs(), cost.bytes(), 0, 0);
    }

    /** The same work, known to train on {@code count} images. */
    public Work withImages(int count) {
        return new Work(flops, bytes, count, candidates);
    }

    /**
     * Rates in the field's units.
     *
     * @param seconds one invocation took
     * @param peakFlops that one thread of this machine reaches a second; 0 if not known
     */
    Map<String, Double> rates(double seconds, double peakFlops) {
        Map<String, Double> rates = new LinkedHashMap<>();
        put(rates, "GFLOP/s", flops / seconds / 1e9);
        if (peakFlops > 0) {
            put(rates, "% of peak", 100 * flops / seconds / peakFlops);
        }
        put(rates, "GB/s", bytes / seconds / 1e9);
        put(rates, "images/s", images / seconds);
        put(rates, "candidates/s", candidates / seconds);
        return rates;
    }

    private static void put(Map<String, Double> rates, String unit, double value) {
        if (value > 0) {
            rates.put(unit, value);
        }
    }
}
