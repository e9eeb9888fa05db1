package donna.predict;

/**
 * The information matrix {@code X'X + penalties} of {@link ShrunkRegression} without its bounds, over the intercept,
 * the common slope and every column's deviation from it. Immutable.
 */
final class Information {
    private final Columns columns;
    private final boolean free;
    private final double[] centre;
    private final double[][] factor;

    /** @param strength of the pull; infinite: deviations are no part of it */
    Information(Design design, double strength) {
        columns = design.columns();
        free = Double.isFinite(strength);
        centre = new double[columns.count()];
        for (double[] row : design.rows()) {
            for (int t = 0; t < centre.length; t++) {
                centre[t] += row[t] / design.rows().length;
            }
        }
        int size = free ? columns.count() + 2 : 2;
        double[][] g = new double[size][size];
        for (double[] row : design.rows()) {
            double[] x = extended(row);
            for (int s = 0; s < size; s++) {
                for (int t = 0; t <= s; t++) {
                    g[s][t] += x[s] * x[t];
                }
            }
        }
        for (int t = 0; free && t < columns.count(); t++) {
            double spread = columns.at(t).spread();
            g[t + 2][t + 2] += strength * spread * spread;
        }
        factor = NormalEquations.cholesky(g);
    }

    /**
     * A row in coordinates in which the inner product of two rows is the covariance of their predictions, in units of
     * the noise's variance; for rows of the design that is the hat matrix.
     */
    double[] whitened(double[] row) {
        return NormalEquations.forward(factor, extended(row));
    }

    private double[] extended(double[] row) {
        double[] x = new double[free ? row.length + 2 : 2];
        x[0] = 1;
        for (int t = 0; t < row.length; t++) {
            double value = row[t] - centre[t];
            x[1] += columns.at(t).pulled() ? value : 0;
            if (free) {
                x[t + 2] = value;
            }
        }
        return x;
    }

    static double inner(double[] a, double[] b) {
        double sum = 0;
        for (int t = 0; t < a.length; t++) {
            sum += a[t] * b[t];
        }
        return sum;
    }
}
