package donna.predict;

import java.util.Arrays;

/**
 * The terms a block's NSR x gives to a regression, each falling in x over the library's range [lo, hi] when its weight
 * is positive.
 *
 * <p>Level (or its logarithm) x: the term {@code -x}, whose weight is the block's slope. Level and square: the terms
 * whose derivatives are
 * {@code -(hi - x) / (hi - lo)} and {@code -(x - lo) / (hi - lo)}, so that the two weights are the slopes at both ends.
 * Sums of them with
 * non-negative weights are exactly the quadratics that never rise on the range, and equal weights are a straight line.
 */
final class BlockDesign {
    private final Variant variant;
    private final double[] low;
    private final double[] high;
    private final double[] spread;

    /**
     * @param nsr of every candidate, by block; entries that are not finite or not positive stand for failed candidates
     */
    BlockDesign(Variant variant, double[][] nsr) {
        this.variant = variant;
        int blocks = nsr.length;
        low = new double[blocks];
        high = new double[blocks];
        spread = new double[blocks];
        for (int n = 0; n < blocks; n++) {
            double[] x = Arrays.stream(nsr[n])
                    .filter(Double::isFinite)
                    .map(this::level)
                    .toArray();
            double mean = Arrays.stream(x).average().orElse(0);
            low[n] = Arrays.stream(x).min().orElse(0);
            high[n] = Arrays.stream(x).max().orElse(0);
            spread[n] = Math.sqrt(
                    Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElse(0));
        }
    }

    /** Number of terms per block. */
    int terms() {
        return variant == Variant.SQUARES ? 2 : 1;
    }

    /** Number of terms of all blocks. */
    int width() {
        return terms() * low.length;
    }

    /**
     * What a unit of weight of term {@code t} typically moves the prediction by: deviations of weights are measured in
     * it.
     */
    double spread(int t) {
        return spread[t / terms()];
    }

    /** Writes block {@code n}'s terms at NSR {@code nsr} to {@code row}, which holds all blocks' terms. */
    void write(int n, double nsr, double[] row) {
        double x = level(nsr);
        if (variant != Variant.SQUARES) {
            row[n] = -x;
            return;
        }
        double width = high[n] - low[n];
        if (width == 0) {
            row[2 * n] = -x / 2;
            row[2 * n + 1] = -x / 2;
        } else {
            row[2 * n] = -(high[n] * x - x * x / 2) / width;
            row[2 * n + 1] = -(x * x / 2 - low[n] * x) / width;
        }
    }

    private double level(double nsr) {
        return variant == Variant.LOG ? Math.log(Math.max(nsr, 1e-12)) : nsr;
    }
}
