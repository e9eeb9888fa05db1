package donna.predict;

import donna.space.Architecture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The terms that block features give to a regression, in one variant. Those of NSRs rise with accuracy.
 *
 * <p>Level (or its logarithm) x of a block whose library spans [lo, hi]: the term {@code -x}, whose weight is the
 * block's slope. Level and square: the terms whose derivatives are {@code -(hi - x) / (hi - lo)} and {@code -(x - lo) /
 * (hi - lo)}, so that the two weights are the slopes at both ends; sums of them with non-negative weights are exactly
 * the quadratics that never rise on the range, and equal weights are a straight line. Cross terms: for each two
 * neighbouring blocks {@code -x y}, two bad copies are worse than both alone, and {@code (hi - x)(hi' - y)}, what one
 * spoils the next cannot spoil again; both fall in x and in y over the range.
 */
final class Terms {
    private final Variant variant;
    private final BlockFeatures features;
    private final List<Range> ranges = new ArrayList<>();
    private final Columns columns;

    /** Of a block's levels over the library. */
    private record Range(double low, double high, double mean, double variance) {
        static Range of(double[] x) {
            double mean = Arrays.stream(x).average().orElse(0);
            return new Range(
                    Arrays.stream(x).min().orElse(0),
                    Arrays.stream(x).max().orElse(0),
                    mean,
                    Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElse(0));
        }

        double spread() {
            return Math.sqrt(variance);
        }
    }

    Terms(Variant variant, BlockFeatures features) {
        this.variant = variant;
        this.features = features;
        List<Columns.Column> all = new ArrayList<>();
        for (int n = 0; features.hasNsr() && n < features.blocks(); n++) {
            Range r = Range.of(
                    Arrays.stream(features.usableNsr(n)).map(this::level).toArray());
            ranges.add(r);
            for (int t = 0; t < perBlock(); t++) {
                all.add(new Columns.Column(r.spread(), true, true));
            }
        }
        for (int n = 0; features.hasChoices() && n < features.blocks(); n++) {
            double share = 1.0 / features.options(n);
            for (int m = 0; m < features.options(n); m++) {
                all.add(new Columns.Column(Math.sqrt(share * (1 - share)), false, false));
            }
        }
        for (double[][] cost : features.costs()) {
            double variance = IntStream.range(0, cost.length)
                    .mapToDouble(n -> Range.of(Arrays.stream(cost[n])
                                    .filter(Double::isFinite)
                                    .toArray())
                            .variance())
                    .sum();
            all.add(new Columns.Column(Math.sqrt(variance), false, false));
        }
        for (int n = 0; n < pairs(); n++) {
            Range x = ranges.get(n);
            Range y = ranges.get(n + 1);
            all.add(new Columns.Column(productSpread(x, y, x.mean(), y.mean()), false, true));
            all.add(new Columns.Column(productSpread(x, y, x.high() - x.mean(), y.high() - y.mean()), false, true));
        }
        columns = new Columns(all);
    }

    /** The variants that make a difference to these features. */
    static List<Variant> variants(BlockFeatures features) {
        return Arrays.stream(Variant.values())
                .filter(v -> features.hasNsr() || v == Variant.LINEAR)
                .filter(v -> v != Variant.CROSS || features.blocks() > 1)
                .toList();
    }

    /** Pairs of neighbouring blocks that have terms together: the first ones. */
    int pairs() {
        return variant == Variant.CROSS ? ranges.size() - 1 : 0;
    }

    /** Standard deviation of the product of two independent numbers with these means and the ranges' variances. */
    private static double productSpread(Range x, Range y, double meanX, double meanY) {
        return Math.sqrt(x.variance() * y.variance() + x.variance() * meanY * meanY + y.variance() * meanX * meanX);
    }

    Columns columns() {
        return columns;
    }

    double[] row(Architecture architecture) {
        double[] row = new double[columns.count()];
        for (int n = 0; n < features.blocks(); n++) {
            add(n, architecture.choice(n), row);
        }
        for (int n = 0; n < pairs(); n++) {
            addPair(n, architecture.choice(n), architecture.choice(n + 1), row);
        }
        return row;
    }

    /** Adds what candidate {@code m} of block {@code n} and candidate {@code next} of the next give together. */
    void addPair(int n, int m, int next, double[] row) {
        double x = features.nsr(n, m);
        double y = features.nsr(n + 1, next);
        int at = columns.count() - 2 * (pairs() - n);
        row[at] -= x * y;
        row[at + 1] += (ranges.get(n).high() - x) * (ranges.get(n + 1).high() - y);
    }

    /** Adds what candidate {@code m} of block {@code n} gives by itself to {@code row}. */
    void add(int n, int m, double[] row) {
        int at = 0;
        if (features.hasNsr()) {
            addNsr(n, level(features.nsr(n, m)), row);
            at = perBlock() * ranges.size();
        }
        for (int b = 0; features.hasChoices() && b < features.blocks(); b++) {
            if (b == n) {
                row[at + m]++;
            }
            at += features.options(b);
        }
        for (double[][] cost : features.costs()) {
            row[at++] += cost[n][m];
        }
    }

    private void addNsr(int n, double x, double[] row) {
        if (variant != Variant.SQUARES) {
            row[n] -= x;
            return;
        }
        double low = ranges.get(n).low();
        double high = ranges.get(n).high();
        if (high == low) {
            row[2 * n] -= x / 2;
            row[2 * n + 1] -= x / 2;
        } else {
            row[2 * n] -= (high * x - x * x / 2) / (high - low);
            row[2 * n + 1] -= (x * x / 2 - low * x) / (high - low);
        }
    }

    private int perBlock() {
        return variant == Variant.SQUARES ? 2 : 1;
    }

    private double level(double nsr) {
        return variant == Variant.LOG ? Math.log(Math.max(nsr, 1e-12)) : nsr;
    }
}
