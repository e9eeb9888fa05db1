package donna.predict;

import donna.tensor.DonnaException;
import java.util.Arrays;

/**
 * Least squares by its normal equations {@code G x = h}, G symmetric and positive definite, with or without {@code x >=
 * 0}.
 */
final class NormalEquations {
    private static final double JITTER = 1e-12;

    private NormalEquations() {}

    /** Solves {@code G x = h} by Cholesky decomposition. */
    static double[] solve(double[][] g, double[] h) {
        int n = h.length;
        boolean[] all = new boolean[n];
        Arrays.fill(all, true);
        return solve(g, h, all);
    }

    /**
     * Minimises {@code x' G x / 2 - h' x} over {@code x >= 0}: Lawson and Hanson 1974, chapter 23, on the normal
     * equations (Bro and de Jong
     * 1997). The lowest index wins among equals, so the result is reproducible.
     */
    static double[] solveNonNegative(double[][] g, double[] h) {
        int n = h.length;
        double[] x = new double[n];
        boolean[] free = new boolean[n];
        double tolerance = 1e-10 * Math.max(1e-300, maxAbs(h));
        for (int round = 0; round < 10 * n; round++) {
            int entering = -1;
            double steepest = tolerance;
            for (int i = 0; i < n; i++) {
                double downhill = free[i] ? 0 : h[i] - dot(g[i], x);
                if (downhill > steepest) {
                    steepest = downhill;
                    entering = i;
                }
            }
            if (entering < 0) {
                break;
            }
            free[entering] = true;
            double[] target = solve(g, h, free);
            int blocking = blocking(x, target, free);
            while (blocking >= 0) {
                double step = x[blocking] / (x[blocking] - target[blocking]);
                for (int i = 0; i < n; i++) {
                    x[i] += free[i] ? step * (target[i] - x[i]) : 0;
                    if (free[i] && (i == blocking || x[i] <= 0)) {
                        free[i] = false;
                        x[i] = 0;
                    }
                }
                target = solve(g, h, free);
                blocking = blocking(x, target, free);
            }
            x = target;
            if (!free[entering]) {
                break;
            }
        }
        return x;
    }

    /** The free variable that reaches zero first on the way from {@code x} to {@code target}; -1 where none does. */
    private static int blocking(double[] x, double[] target, boolean[] free) {
        int first = -1;
        double shortest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < x.length; i++) {
            if (free[i] && target[i] <= 0) {
                double step = x[i] / (x[i] - target[i]);
                if (Double.isNaN(step) || step < shortest) {
                    shortest = Double.isNaN(step) ? 0 : step;
                    first = i;
                }
            }
        }
        return first;
    }

    private static double[] solve(double[][] g, double[] h, boolean[] free) {
        int n = h.length;
        int[] at = new int[n];
        int m = 0;
        double trace = 0;
        for (int i = 0; i < n; i++) {
            if (free[i]) {
                at[m++] = i;
                trace += g[i][i];
            }
        }
        double[][] l = new double[m][m];
        double[] y = new double[m];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = g[at[i]][at[j]] + (i == j ? JITTER * trace : 0);
                for (int k = 0; k < j; k++) {
                    sum -= l[i][k] * l[j][k];
                }
                if (i == j && !(sum > 0)) {
                    throw new DonnaException.InvalidInput(
                            "regression over " + m + " terms has no unique solution (pivot " + sum
                                    + "); label architectures that differ more");
                }
                l[i][j] = i == j ? Math.sqrt(sum) : sum / l[j][j];
            }
            double sum = h[at[i]];
            for (int k = 0; k < i; k++) {
                sum -= l[i][k] * y[k];
            }
            y[i] = sum / l[i][i];
        }
        double[] x = new double[n];
        for (int i = m - 1; i >= 0; i--) {
            double sum = y[i];
            for (int k = i + 1; k < m; k++) {
                sum -= l[k][i] * x[at[k]];
            }
            x[at[i]] = sum / l[i][i];
        }
        return x;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double maxAbs(double[] v) {
        double max = 0;
        for (double x : v) {
            max = Math.max(max, Math.abs(x));
        }
        return max;
    }
}
