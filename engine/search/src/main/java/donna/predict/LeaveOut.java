package donna.predict;

import java.util.Arrays;

/**
 * Penalised least squares and every prediction of it that leaves one or two observations out, without a further fit.
 *
 * <p>With H the hat matrix and e the residuals, the error of row i by the fit without it is {@code e_i / (1 - H_ii)}
 * (Allen 1974); leaving i and j out, their two errors solve {@code (I - H) restricted to {i, j} times r = (e_i, e_j)}.
 * The penalties do not depend on the observations, so both are exact.
 */
final class LeaveOut {
    private static final double SINGULAR = 1e-10;

    private final double[] y;
    private final double[][] rows;
    private final double[] residuals;
    private final double[] leverage;

    /** @param strength of the pull towards the common slope; infinite: nothing else */
    LeaveOut(Design design, double[] y, double strength) {
        Information information = new Information(design, strength);
        this.y = y;
        rows = Arrays.stream(design.rows()).map(information::whitened).toArray(double[][]::new);
        double[] weights = new double[rows[0].length];
        for (int i = 0; i < y.length; i++) {
            for (int t = 0; t < weights.length; t++) {
                weights[t] += rows[i][t] * y[i];
            }
        }
        residuals = new double[y.length];
        leverage = new double[y.length];
        for (int i = 0; i < y.length; i++) {
            residuals[i] = y[i] - Information.inner(rows[i], weights);
            leverage[i] = Information.inner(rows[i], rows[i]);
        }
    }

    /** Prediction of {@code i} by the fit without it; NaN where the others do not determine it. */
    double without(int i) {
        double kept = 1 - leverage[i];
        return kept > SINGULAR ? y[i] - residuals[i] / kept : Double.NaN;
    }

    /** Prediction of {@code j} by the fit without {@code i} and {@code j}; NaN where the others do not determine it. */
    double without(int i, int j) {
        double between = Information.inner(rows[i], rows[j]);
        double determinant = (1 - leverage[i]) * (1 - leverage[j]) - between * between;
        double error = (1 - leverage[i]) * residuals[j] + between * residuals[i];
        return determinant > SINGULAR ? y[j] - error / determinant : Double.NaN;
    }
}
