package donna.bench.search;

import donna.evolve.AdditiveProblem;
import donna.evolve.AdditiveProblem.Term;
import donna.graph.Mask;
import java.util.List;

/**
 * A made-up block library that any language can rebuild: loss and latency of every option, and parameters, from one
 * SplitMix64 sequence of seed 42, slower blocks being better with scatter. All are minimised.
 */
public final class BlockTables {
    private static final long SEED = 42;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private BlockTables() {}

    /** The problem of {@code blocks} blocks with {@code options} options each: loss, latency and, as third, parameters. */
    public static AdditiveProblem problem(int blocks, int options, int goals) {
        double[][] latency = new double[blocks][options];
        double[][] loss = new double[blocks][options];
        double[][] params = new double[blocks][options];
        for (int n = 0; n < blocks; n++) {
            for (int m = 0; m < options; m++) {
                latency[n][m] = 0.1 + unit((long) n * options + m);
                double scatter = unit((long) (blocks + n) * options + m);
                loss[n][m] = 1 / (1 + 4 * latency[n][m]) + 0.15 * scatter;
                params[n][m] = unit((long) (2 * blocks + n) * options + m);
            }
        }
        List<Term> terms = List.of(
                new Term("loss", false, 0, loss),
                new Term("latencyMs", false, 0, latency),
                new Term("params", false, 0, params));
        return new AdditiveProblem(terms.subList(0, goals), List.of());
    }

    /** Number {@code index} of the sequence, in [0, 1). */
    private static double unit(long index) {
        return (Mask.mix(SEED + index * GOLDEN) >>> 11) * 0x1p-53;
    }
}
