package donna.predict;

import donna.tensor.DonnaException;
import java.util.stream.IntStream;

/**
 * Least squares by its normal equations {@code G x = h}, G symmetric and positive definite, with or without bounds
 * {@code x >= 0}.
 */
final class NormalEquations {
    private static final double JITTER = 1e-12;

    private NormalEquations() {}

    /**
     * The lower factor L of {@code G = L L'} by Cholesky; of G the lower triangle is read. A speck is added to the
     * diagonal, so that columns that depend on each other do no harm.
     */
    static double[][] cholesky(double[][] g) {
        int n = g.length;
        double trace = IntStream.range(0, n).mapToDouble(i -> g[i][i]).sum();
        double[][] l = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = g[i][j] + (i == j ? JITTER * trace : 0);
                for (int k = 0; k < j; k++) {
                    sum -= l[i][k] * l[j][k];
                }
                if (i == j && !(sum > 0)) {
                    throw new DonnaException.InvalidInput(
                            "regression over " + n + " terms has no unique solution (pivot " + sum
                                    + "); label architectures that differ more");
                }
                l[i][j] = i == j ? Math.sqrt(sum) : sum / l[j][j];
            }
        }
        return l;
    }

    /** Solves {@code L y = h}. */
    static double[] forward(double[][] l, double[] h) {
        double[] y = new double[h.length];
        for (int i = 0; i < y.length; i++) {
            double sum = h[i];
            for (int k = 0; k < i; k++) {
                sum -= l[i][k] * y[k];
            }
            y[i] = sum / l[i][i];
        }
        return y;
    }

    /** Solves {@code L' x = y}. */
    static double[] backward(double[][] l, double[] y) {
        int n = y.length;
        double[] x = new double[n];
        for (int i = n - 1; i >= 0; i--) {
            double sum = y[i];
            for (int k = i + 1; k < n; k++) {
                sum -= l[k][i] * x[k];
            }
            x[i] = sum / l[i][i];
        }
        return x;
    }

    /**
     * Minimises {@code x' G x / 2 - h' x} where the {@code bounded} variables are not negative: Lawson and Hanson 1974,
     * chapter 23, on the normal equations (Bro and de Jong 1997). The lowest index wins among equals, so the result is
     * reproducible.
     */
    static double[] solveBounded(double[][] g, double[] h, boolean[] bounded) {
        int n = h.length;
        boolean[] free = new boolean[n];
        for (int i = 0; i < n; i++) {
            free[i] = !bounded[i];
        }
        double[] x = solve(g, h, free);
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
            int blocking = blocking(x, target, free, bounded);
            while (blocking >= 0) {
                double step = x[blocking] / (x[blocking] - target[blocking]);
                for (int i = 0; i < n; i++) {
                    x[i] += free[i] ? step * (target[i] - x[i]) : 0;
                    if (free[i] && bounded[i] && (i == blocking || x[i] <= 0)) {
                        free[i] = false;
                        x[i] = 0;
                    }
                }
                target = solve(g, h, free);
                blocking = blocking(x, target, free, bounded);
            }
            x = target;
            if (!free[entering]) {
                break;
            }
        }
        return x;
    }

    /** The bounded variable that reaches zero first on the way from {@code x} to {@code target}; -1 where none does. */
    private static int blocking(double[] x, double[] target, boolean[] free, boolean[] bounded) {
        int first = -1;
        double shortest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < x.length; i++) {
            if (free[i] && bounded[i] && target[i] <= 0) {
                double step = x[i] / (x[i] - target[i]);
                if (Double.isNaN(step) || step < shortest) {
                    shortest = Double.isNaN(step) ? 0 : step;
                    first = i;
                }
            }
        }
        return first;
    }

    /** The solution in the free variables; the others are zero. */
    private static double[] solve(double[][] g, double[] h, boolean[] free) {
        int[] at = IntStream.range(0, h.length).filter(i -> free[i]).toArray();
        double[][] part = new double[at.length][at.length];
        double[] right = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            right[i] = h[at[i]];
            for (int j = 0; j <= i; j++) {
                part[i][j] = g[at[i]][at[j]];
            }
        }
        double[][] l = cholesky(part);
        double[] solution = backward(l, forward(l, right));
        double[] x = new double[h.length];
        for (int i = 0; i < at.length; i++) {
            x[at[i]] = solution[i];
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
