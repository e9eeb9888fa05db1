package donna.predict;

import java.util.Arrays;

/**
 * One least-squares fit of accuracy on block terms, shrunk towards the plain sum of NSRs.
 *
 * <p>Minimises {@code sum_i (y_i - b - sum_t w_t phi_t(i))^2 + strength * sum_t spread_t^2 (w_t - s)^2} over the
 * intercept b, the common
 * slope s and the weights w: as the strength grows every weight becomes s, which is a regression on the plain sum
 * alone. Monotone: s and w
 * are not negative. The sums over rows are kept as moments about the means, so that leaving a row out costs no pass
 * over the data.
 */
final class BlockRegression {
    private final double[][] rows;
    private final double[] y;
    private final double[] spread;
    private final boolean monotone;
    private final Moments all;
    private final double[] centre;
    private final double centreY;

    /** @param rows block terms of each architecture, by {@code design} */
    BlockRegression(double[][] rows, double[] y, BlockDesign design, boolean monotone) {
        this.monotone = monotone;
        int d = design.width();
        spread = new double[d];
        Arrays.setAll(spread, design::spread);
        centreY = Arrays.stream(y).average().orElse(0);
        centre = new double[d];
        for (double[] row : rows) {
            for (int t = 0; t < d; t++) {
                centre[t] += row[t] / rows.length;
            }
        }
        this.rows = new double[rows.length][d];
        this.y = new double[rows.length];
        all = new Moments(d);
        for (int i = 0; i < rows.length; i++) {
            this.y[i] = y[i] - centreY;
            for (int t = 0; t < d; t++) {
                this.rows[i][t] = rows[i][t] - centre[t];
            }
            all.add(this.rows[i], this.y[i], 1);
        }
    }

    /** Intercept and weights. */
    record Fit(double intercept, double[] weights) {
        double predict(double[] row) {
            double sum = intercept;
            for (int t = 0; t < row.length; t++) {
                sum += weights[t] * row[t];
            }
            return sum;
        }
    }

    /** The fit without the rows {@code out}; an infinite strength gives the plain sum's regression exactly. */
    Fit fit(double strength, int... out) {
        Moments kept = all.copy();
        for (int i : out) {
            kept.add(rows[i], y[i], -1);
        }
        int n = rows.length - out.length;
        int d = centre.length;
        double[][] g = new double[d][d];
        double[] h = new double[d];
        for (int s = 0; s < d; s++) {
            h[s] = kept.cross[s] - kept.first[s] * kept.y / n;
            for (int t = 0; t < d; t++) {
                g[s][t] = kept.second[s][t] - kept.first[s] * kept.first[t] / n;
            }
        }
        double[] weights = Double.isInfinite(strength) ? plainSum(g, h) : shrunk(g, h, strength);
        if (monotone && Arrays.stream(weights).allMatch(w -> w == 0)) {
            Arrays.fill(weights, leastSlope(g, kept.squares - kept.y * kept.y / n));
        }
        double intercept = centreY + kept.y / n;
        for (int t = 0; t < d; t++) {
            intercept -= weights[t] * (centre[t] + kept.first[t] / n);
        }
        return new Fit(intercept, weights);
    }

    /**
     * A slope too small to matter and enough to rank: labels that contradict the plain sum leave it as the order among
     * equals.
     */
    private static double leastSlope(double[][] g, double squaresY) {
        double xx = Arrays.stream(g).flatMapToDouble(Arrays::stream).sum();
        return xx > 0 ? 1e-3 * Math.sqrt((Math.max(0, squaresY) + 1e-18) / xx) : 0;
    }

    private double[] plainSum(double[][] g, double[] h) {
        double xx = 0;
        double xy = 0;
        for (int s = 0; s < h.length; s++) {
            xy += h[s];
            xx += Arrays.stream(g[s]).sum();
        }
        double slope = xx > 0 ? xy / xx : 0;
        double[] weights = new double[h.length];
        Arrays.fill(weights, monotone ? Math.max(0, slope) : slope);
        return weights;
    }

    private double[] shrunk(double[][] g, double[] h, double strength) {
        int d = h.length;
        double[][] a = new double[d + 1][];
        for (int s = 0; s < d; s++) {
            a[s] = Arrays.copyOf(g[s], d + 1);
        }
        a[d] = new double[d + 1];
        for (int s = 0; s < d; s++) {
            double penalty = strength * spread[s] * spread[s];
            a[s][s] += penalty;
            a[s][d] = -penalty;
            a[d][s] = -penalty;
            a[d][d] += penalty;
        }
        double[] b = Arrays.copyOf(h, d + 1);
        double[] solution = monotone ? NormalEquations.solveNonNegative(a, b) : NormalEquations.solve(a, b);
        return Arrays.copyOf(solution, d);
    }

    private static final class Moments {
        final double[][] second;
        final double[] first;
        final double[] cross;
        double y;
        double squares;

        Moments(int d) {
            second = new double[d][d];
            first = new double[d];
            cross = new double[d];
        }

        Moments copy() {
            Moments c = new Moments(first.length);
            for (int s = 0; s < first.length; s++) {
                System.arraycopy(second[s], 0, c.second[s], 0, first.length);
            }
            System.arraycopy(first, 0, c.first, 0, first.length);
            System.arraycopy(cross, 0, c.cross, 0, first.length);
            c.y = y;
            c.squares = squares;
            return c;
        }

        void add(double[] row, double value, int sign) {
            y += sign * value;
            squares += sign * value * value;
            for (int s = 0; s < row.length; s++) {
                first[s] += sign * row[s];
                cross[s] += sign * row[s] * value;
                for (int t = 0; t < row.length; t++) {
                    second[s][t] += sign * row[s] * row[t];
                }
            }
        }
    }
}
