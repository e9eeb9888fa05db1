package donna.predict;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A regression in the setting that leave-one-out chose, and beside it the fit of every fold in the fold's own setting. Immutable. */
final class Model {
    private final double[] y;
    private final Chosen whole;
    private final List<Chosen> folds;
    private final double[] nested;

    /** A setting and its fit. */
    record Chosen(Setting setting, ShrunkRegression.Fit fit) {
        double predict(Function<Variant, double[]> row) {
            return fit.predict(row.apply(setting.variant()));
        }
    }

    private Model(double[] y, Chosen whole, List<Chosen> folds, double[] nested) {
        this.y = y;
        this.whole = whole;
        this.folds = folds;
        this.nested = nested;
    }

    /** @param designs the same observations in several variants, the linear one first */
    static Model fit(List<Design> designs, double[] y, boolean monotone) {
        Map<Variant, Design> byVariant =
                designs.stream().collect(Collectors.toMap(Design::variant, Function.identity()));
        Map<Variant, ShrunkRegression> regressions = designs.stream()
                .collect(Collectors.toMap(Design::variant, d -> new ShrunkRegression(d, y, monotone)));
        CrossValidation validation = new CrossValidation(designs, y);
        Setting setting = validation.choose();
        List<Setting> nestedSettings = validation.chooseNested();
        List<Chosen> folds = IntStream.range(0, y.length)
                .mapToObj(i -> {
                    Setting s = nestedSettings.get(i);
                    return new Chosen(s, regressions.get(s.variant()).fit(s.strength(), i));
                })
                .toList();
        double[] nested = IntStream.range(0, y.length)
                .mapToDouble(i -> folds.get(i).predict(v -> byVariant.get(v).rows()[i]))
                .toArray();
        Chosen whole = new Chosen(setting, regressions.get(setting.variant()).fit(setting.strength()));
        return new Model(y, whole, folds, nested);
    }

    Chosen whole() {
        return whole;
    }

    /** Predictions of the observations by fits, and choices of setting, that never saw them. */
    double[] leaveOneOut() {
        return nested.clone();
    }

    /**
     * Where an observation is expected: jackknife+ (Barber, Candes, Ramdas, Tibshirani 2021). Coverage is at least 1 -
     * 2 alpha for any distribution and typically 1 - alpha.
     *
     * @param row its features in a variant
     */
    Interval interval(Function<Variant, double[]> row, double alpha) {
        int n = y.length;
        double[] low = new double[n];
        double[] high = new double[n];
        for (int i = 0; i < n; i++) {
            double prediction = folds.get(i).predict(row);
            double error = Math.abs(y[i] - nested[i]);
            low[i] = prediction - error;
            high[i] = prediction + error;
        }
        Arrays.sort(low);
        Arrays.sort(high);
        int rank = rank(n, alpha);
        return new Interval(low[n - rank], high[rank - 1]);
    }

    /** An interval around the left-out prediction of observation {@code i}, from the errors of the others. */
    Interval intervalWithout(int i, double alpha) {
        double[] errors = IntStream.range(0, y.length)
                .filter(j -> j != i)
                .mapToDouble(j -> Math.abs(y[j] - nested[j]))
                .sorted()
                .toArray();
        double error = errors[rank(errors.length, alpha) - 1];
        return new Interval(nested[i] - error, nested[i] + error);
    }

    private static int rank(int n, double alpha) {
        return Math.min(n, (int) Math.ceil((1 - alpha) * (n + 1)));
    }
}
