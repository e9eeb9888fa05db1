package donna.predict;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A regression in the setting that leave-one-out chose, and beside it the fit of every fold in the fold's own setting.
 * Immutable.
 */
final class Model {
    private final double[] y;
    private final Chosen whole;
    private final List<Chosen> folds;
    private final double[] nested;
    private final Map<Variant, Design> designs;
    private final Map<Variant, ShrunkRegression> regressions;

    /** A setting and its fit. */
    record Chosen(Setting setting, ShrunkRegression.Fit fit) {
        double predict(Function<Variant, double[]> row) {
            return fit.predict(row.apply(setting.variant()));
        }
    }

    /** @param designs the same observations in several variants, the linear one first */
    Model(List<Design> designs, double[] y, boolean monotone) {
        this.y = y;
        this.designs = designs.stream().collect(Collectors.toMap(Design::variant, Function.identity()));
        regressions = designs.stream()
                .collect(Collectors.toMap(Design::variant, d -> new ShrunkRegression(d, y, monotone)));
        CrossValidation validation = new CrossValidation(designs, y);
        whole = fit(validation.choose());
        List<Setting> settings = validation.chooseNested();
        folds = IntStream.range(0, y.length)
                .mapToObj(i -> fit(settings.get(i), i))
                .toList();
        nested = IntStream.range(0, y.length)
                .mapToDouble(i -> folds.get(i).predict(row(i)))
                .toArray();
    }

    private Chosen fit(Setting s, int... out) {
        return new Chosen(s, regressions.get(s.variant()).fit(s.strength(), out));
    }

    private Function<Variant, double[]> row(int i) {
        return v -> designs.get(v).rows()[i];
    }

    Chosen whole() {
        return whole;
    }

    /** Predictions of the observations by fits, and choices of setting, that never saw them. */
    double[] leaveOneOut() {
        return nested.clone();
    }

    /**
     * Kendall's tau from pairs: each is ordered by fits that saw neither, in the settings of both folds. Pooled
     * leave-one-out predictions come from different fits, each a little too low for an observation that is high, so
     * that a tau over them is biased downwards; this one is not (Airola, Pahikkala, Waegeman, De Baets, Salakoski
     * 2011).
     */
    double leavePairOutTau() {
        double agreement = 0;
        double pairs = 0;
        for (int i = 0; i < y.length; i++) {
            for (int j = 0; j < y.length; j++) {
                if (y[i] != y[j]) {
                    Chosen without = fit(folds.get(i).setting(), i, j);
                    agreement += Math.signum((without.predict(row(i)) - without.predict(row(j))) * (y[i] - y[j]));
                    pairs++;
                }
            }
        }
        return pairs > 0 ? agreement / pairs : 0;
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
