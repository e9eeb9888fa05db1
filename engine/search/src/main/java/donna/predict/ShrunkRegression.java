package donna.predict;

import java.util.Arrays;

/**
 * Least squares, shrunk towards the plain sum of the pulled columns.
 *
 * <p>Minimises {@code sum_i (y_i - b - sum_t w_t x_it)^2 + strength * sum_t spread_t^2 (w_t - p_t s)^2} over the
 * intercept b, the common slope s and the weights w, with p_t = 1 for pulled columns and 0 for others: as the strength
 * grows, every pulled weight becomes s and every other 0, which is a regression on the plain sum alone. Monotone: s and
 * the weights of rising columns are not negative. The sums over rows are kept as moments about the means, so that
 * leaving rows out costs no pass over the data.
 */
final class ShrunkRegression {
    private final double[][] rows;
    private final double[] y;
    private final Columns columns;
    private final boolean monotone;
    private final Moments all;
    private final double[] centre;
    private final double centreY;

    ShrunkRegression(Design design, double[] y, boolean monotone) {
        this.monotone = monotone;
        this.columns = design.columns();
        int n = y.length;
        int d = columns.count();
        centreY = Arrays.stream(y).average().orElse(0);
        centre = new double[d];
        for (double[] row : design.rows()) {
            for (int t = 0; t < d; t++) {
                centre[t] += row[t] / n;
            }
        }
        this.rows = new double[n][d];
        this.y = new double[n];
        all = new Moments(d);
        for (int i = 0; i < n; i++) {
            this.y[i] = y[i] - centreY;
            for (int t = 0; t < d; t++) {
                this.rows[i][t] = design.rows()[i][t] - centre[t];
            }
            all.add(this.rows[i], this.y[i], 1);
        }
    }

    /** Intercept and weights. */
    record Fit(double intercept, double[] weights) {
        double predict(double[] row) {
            return intercept + weigh(row);
        }

        double weigh(double[] row) {
            double sum = 0;
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
            double least = leastSlope(g, kept.squares - kept.y * kept.y / n);
            Arrays.setAll(weights, t -> columns.at(t).pulled() ? least : 0);
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
    private double leastSlope(double[][] g, double squaresY) {
        double xx = sumOfPulled(g);
        return xx > 0 ? 1e-3 * Math.sqrt((Math.max(0, squaresY) + 1e-18) / xx) : 0;
    }

    private double sumOfPulled(double[][] g) {
        double sum = 0;
        for (int s = 0; s < g.length; s++) {
            for (int t = 0; t < g.length; t++) {
                sum += columns.at(s).pulled() && columns.at(t).pulled() ? g[s][t] : 0;
            }
        }
        return sum;
    }

    private double[] plainSum(double[][] g, double[] h) {
        double xy = 0;
        for (int s = 0; s < h.length; s++) {
            xy += columns.at(s).pulled() ? h[s] : 0;
        }
        double xx = sumOfPulled(g);
        double slope = xx > 0 ? xy / xx : 0;
        double own = monotone ? Math.max(0, slope) : slope;
        double[] weights = new double[h.length];
        Arrays.setAll(weights, t -> columns.at(t).pulled() ? own : 0);
        return weights;
    }

    private double[] shrunk(double[][] g, double[] h, double strength) {
        int d = h.length;
        boolean slope = columns.hasCommonSlope();
        int size = slope ? d + 1 : d;
        double[][] a = new double[size][size];
        boolean[] bounded = new boolean[size];
        for (int s = 0; s < d; s++) {
            System.arraycopy(g[s], 0, a[s], 0, d);
            double penalty =
                    strength * columns.at(s).spread() * columns.at(s).spread();
            a[s][s] += penalty;
            bounded[s] = monotone && columns.at(s).rising();
            if (columns.at(s).pulled()) {
                a[s][d] = -penalty;
                a[d][s] = -penalty;
                a[d][d] += penalty;
            }
        }
        if (slope) {
            bounded[d] = monotone;
        }
        return Arrays.copyOf(NormalEquations.solveBounded(a, Arrays.copyOf(h, size), bounded), d);
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
