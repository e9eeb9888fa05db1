package donna.predict;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Chooses how to fit by leave-one-out, inside and outside: the errors of every setting without each observation, and
 * without each pair of them, so that the choice can be repeated for each left-out observation as if it had never been
 * seen. All in closed form, which leaves the bounds of monotone fits aside.
 *
 * <p>The rule of choice: among the linear settings, the strongest whose mean squared leave-one-out error exceeds the
 * smallest by no more than half its standard error (after Breiman, Friedman, Olshen, Stone 1984, who use one): with few
 * labels the smallest error is too often luck. Another variant takes its place only if it lowers the error by more than
 * two standard errors of the paired differences: it is the best of dozens of settings.
 */
final class CrossValidation {
    private static final double STANDARD_ERRORS = 0.5;
    private static final double VARIANT_STANDARD_ERRORS = 2;

    private final double[] y;
    private final List<Setting> settings;
    private final List<LeaveOut> fits;

    CrossValidation(List<Design> designs, double[] y) {
        this.y = y;
        Map<Variant, Design> byVariant =
                designs.stream().collect(Collectors.toMap(Design::variant, Function.identity()));
        settings = Setting.all(designs.stream().map(Design::variant).toList());
        fits = settings.stream()
                .map(s -> new LeaveOut(byVariant.get(s.variant()), y, s.strength()))
                .toList();
    }

    /** The setting chosen with all observations in view. */
    Setting choose() {
        return choose(-1);
    }

    /** The setting chosen for each observation without having seen it. */
    List<Setting> chooseNested() {
        return IntStream.range(0, y.length).parallel().mapToObj(this::choose).toList();
    }

    private Setting choose(int hidden) {
        double[][] errors = new double[settings.size()][];
        double[] mean = new double[errors.length];
        for (int c = 0; c < errors.length; c++) {
            errors[c] = errors(fits.get(c), hidden);
            mean[c] = mean(errors[c]);
        }
        int linear = strongest(settings.getFirst().variant(), errors, mean);
        int best = linear;
        for (Variant variant : Variant.values()) {
            int other = strongest(variant, errors, mean);
            if (other >= 0) {
                double[] gains = difference(errors[linear], errors[other]);
                if (mean(gains) > VARIANT_STANDARD_ERRORS * standardError(gains) && mean[other] < mean[best]) {
                    best = other;
                }
            }
        }
        return settings.get(best);
    }

    /** Of one variant, the strongest setting that is good enough; -1 where there is none. */
    private int strongest(Variant variant, double[][] errors, double[] mean) {
        int[] own = IntStream.range(0, mean.length)
                .filter(c -> settings.get(c).variant() == variant)
                .toArray();
        if (own.length == 0) {
            return -1;
        }
        int least = own[0];
        for (int c : own) {
            least = mean[c] < mean[least] ? c : least;
        }
        double tolerated = mean[least] + STANDARD_ERRORS * standardError(errors[least]);
        return Arrays.stream(own).filter(c -> mean[c] <= tolerated).findFirst().orElse(least);
    }

    private double[] errors(LeaveOut fit, int hidden) {
        return IntStream.range(0, y.length)
                .filter(j -> j != hidden)
                .mapToDouble(j -> {
                    double error = (hidden < 0 ? fit.without(j) : fit.without(hidden, j)) - y[j];
                    return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error * error;
                })
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
