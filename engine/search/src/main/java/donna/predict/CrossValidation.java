package donna.predict;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Leave-one-out, inside and outside: every setting is fitted without each architecture and without each pair of them,
 * so that the choice of
 * a setting can be repeated for each left-out architecture as if it had never been seen.
 *
 * <p>The rule of choice: among the linear settings, the strongest whose mean squared leave-one-out error exceeds the
 * smallest by no more than
 * half its standard error (after Breiman, Friedman, Olshen, Stone 1984, who use one): with few labels the smallest
 * error is too often luck.
 * Squares or logarithms take its place only if they lower the error by more than one standard error of the paired
 * differences.
 */
final class CrossValidation {
    private static final double STANDARD_ERRORS = 0.5;

    private final double[] y;
    /** By setting and architecture: prediction by the fit without it. */
    private final double[][] once;
    /** By setting and architectures i, j: prediction of j by the fit without i and j. */
    private final double[][][] twice;

    /**
     * @param regressions by {@link Variant#ordinal}
     * @param rows block terms by variant and architecture
     * @param y accuracy by architecture
     */
    CrossValidation(BlockRegression[] regressions, double[][][] rows, double[] y) {
        this.y = y;
        int n = y.length;
        int settings = Setting.ALL.size();
        once = new double[settings][n];
        twice = new double[settings][n][n];
        IntStream.range(0, settings).parallel().forEach(c -> {
            Setting setting = Setting.ALL.get(c);
            BlockRegression regression = regressions[setting.variant().ordinal()];
            double[][] terms = rows[setting.variant().ordinal()];
            for (int i = 0; i < n; i++) {
                once[c][i] = regression.fit(setting.strength(), i).predict(terms[i]);
                for (int j = 0; j < i; j++) {
                    BlockRegression.Fit fit = regression.fit(setting.strength(), i, j);
                    twice[c][i][j] = fit.predict(terms[j]);
                    twice[c][j][i] = fit.predict(terms[i]);
                }
            }
        });
    }

    /** The setting chosen with all architectures in view; an index into {@link Setting#ALL}. */
    int choose() {
        return choose(-1);
    }

    /** The setting chosen for each architecture without having seen it. */
    int[] chooseNested() {
        return IntStream.range(0, y.length).map(this::choose).toArray();
    }

    /** Each architecture's prediction by a fit, and a choice of setting, that never saw it. */
    double[] nested(int[] chosen) {
        return IntStream.range(0, y.length).mapToDouble(i -> once[chosen[i]][i]).toArray();
    }

    /** Every other architecture's prediction by a fit, at setting {@code c}, that saw neither it nor {@code hidden}. */
    double[] without(int c, int hidden) {
        return twice[c][hidden];
    }

    /** Every architecture's prediction by the fit without it at setting {@code c}. */
    double[] without(int c) {
        return once[c];
    }

    private int choose(int hidden) {
        double[][] errors = new double[Setting.ALL.size()][];
        double[] mean = new double[errors.length];
        for (int c = 0; c < errors.length; c++) {
            errors[c] = errors(c, hidden);
            mean[c] = mean(errors[c]);
        }
        int linear = strongest(Variant.LINEAR, errors, mean);
        int best = linear;
        for (Variant variant : List.of(Variant.SQUARES, Variant.LOG)) {
            int other = strongest(variant, errors, mean);
            double[] gains = difference(errors[linear], errors[other]);
            if (mean(gains) > standardError(gains) && mean[other] < mean[best]) {
                best = other;
            }
        }
        return best;
    }

    private static int strongest(Variant variant, double[][] errors, double[] mean) {
        int[] settings = IntStream.range(0, mean.length)
                .filter(c -> Setting.ALL.get(c).variant() == variant)
                .toArray();
        int least = settings[0];
        for (int c : settings) {
            least = mean[c] < mean[least] ? c : least;
        }
        double tolerated = mean[least] + STANDARD_ERRORS * standardError(errors[least]);
        return Arrays.stream(settings)
                .filter(c -> mean[c] <= tolerated)
                .findFirst()
                .orElse(least);
    }

    private double[] errors(int c, int hidden) {
        double[] predicted = hidden < 0 ? once[c] : twice[c][hidden];
        return IntStream.range(0, y.length)
                .filter(j -> j != hidden)
                .mapToDouble(j -> (predicted[j] - y[j]) * (predicted[j] - y[j]))
                .toArray();
    }

    private static double[] difference(double[] a, double[] b) {
        return IntStream.range(0, a.length).mapToDouble(i -> a[i] - b[i]).toArray();
    }

    private static double mean(double[] v) {
        return Arrays.stream(v).sum() / v.length;
    }

    private static double standardError(double[] v) {
        double mean = mean(v);
        double squares = Arrays.stream(v).map(x -> (x - mean) * (x - mean)).sum();
        return Math.sqrt(squares / (v.length - 1) / v.length);
    }
}
