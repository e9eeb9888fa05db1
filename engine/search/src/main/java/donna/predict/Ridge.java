package donna.predict;

import donna.tensor.DonnaException;
import java.util.Arrays;

/**
 * Ridge regression on features of any kind (NSRs, one-hot choices, costs), its strength chosen by exact leave-one-out
 * in closed form: with H
 * the hat matrix, the error of row i by the fit without it is {@code (y_i - yhat_i) / (1 - H_ii)} (Allen 1974).
 * Features are standardised,
 * the intercept is free. Immutable, usable from any thread.
 */
public final class Ridge {
    private final double[] mean;
    private final double[] scale;
    private final double[] weights;
    private final double intercept;
    private final double strength;
    private final double[] leaveOneOut;

    private Ridge(double[] mean, double[] scale, double[] weights, double intercept, double strength, double[] loo) {
        this.mean = mean;
        this.scale = scale;
        this.weights = weights;
        this.intercept = intercept;
        this.strength = strength;
        this.leaveOneOut = loo;
    }

    /**
     * Fits {@code y} on {@code features}.
     *
     * @param features one row per observation
     * @throws DonnaException.InvalidInput if there are fewer than three rows or not as many values
     */
    public static Ridge fit(double[][] features, double[] y) {
        if (features.length < 3 || features.length != y.length) {
            throw new DonnaException.InvalidInput("ridge: " + features.length + " rows and " + y.length
                    + " values; expected as many of both and at least 3");
        }
        int n = y.length;
        int d = features[0].length;
        double[] mean = new double[d];
        double[] scale = new double[d];
        for (int t = 0; t < d; t++) {
            int column = t;
            mean[t] = Arrays.stream(features)
                    .mapToDouble(r -> r[column])
                    .average()
                    .orElseThrow();
            double m = mean[t];
            double variance = Arrays.stream(features)
                    .mapToDouble(r -> (r[column] - m) * (r[column] - m))
                    .average()
                    .orElseThrow();
            scale[t] = variance > 0 ? Math.sqrt(variance) : 1;
        }
        double[][] z = new double[n][d];
        for (int i = 0; i < n; i++) {
            for (int t = 0; t < d; t++) {
                z[i][t] = (features[i][t] - mean[t]) / scale[t];
            }
        }
        double centre = Arrays.stream(y).average().orElseThrow();
        Ridge best = null;
        double least = Double.POSITIVE_INFINITY;
        for (int k = 0; k <= 14; k++) {
            double strength = Math.pow(10, 3 - 0.5 * k);
            Ridge ridge = solve(z, y, centre, mean, scale, strength);
            double error = Statistics.rmse(ridge.leaveOneOut, y);
            if (best == null || error < least) {
                best = ridge;
                least = error;
            }
        }
        return best;
    }

    private static Ridge solve(
            double[][] z, double[] y, double centre, double[] mean, double[] scale, double strength) {
        int n = z.length;
        int d = mean.length;
        double[][] g = new double[d][d];
        double[] h = new double[d];
        for (int i = 0; i < n; i++) {
            for (int s = 0; s < d; s++) {
                h[s] += z[i][s] * (y[i] - centre);
                for (int t = 0; t < d; t++) {
                    g[s][t] += z[i][s] * z[i][t];
                }
            }
        }
        for (int s = 0; s < d; s++) {
            g[s][s] += strength;
        }
        double[] weights = NormalEquations.solve(g, h);
        double[] loo = new double[n];
        for (int i = 0; i < n; i++) {
            double leverage = 1.0 / n + dot(z[i], NormalEquations.solve(g, z[i]));
            double fitted = centre + dot(z[i], weights);
            loo[i] = y[i] - (y[i] - fitted) / (1 - leverage);
        }
        return new Ridge(mean, scale, weights, centre, strength, loo);
    }

    /** The value predicted for one row of features. */
    public double predict(double[] row) {
        double sum = intercept;
        for (int t = 0; t < row.length; t++) {
            sum += weights[t] * (row[t] - mean[t]) / scale[t];
        }
        return sum;
    }

    /** The chosen strength. */
    public double strength() {
        return strength;
    }

    /** Prediction of each fitted row by the fit without it, at the chosen strength. */
    public double[] leaveOneOut() {
        return leaveOneOut.clone();
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int t = 0; t < a.length; t++) {
            sum += a[t] * b[t];
        }
        return sum;
    }
}
