package donna.bench.peers;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What repeated measurements gave. */
public record Spread(double median, double min, double max) {
    public static Spread of(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        double upper = sorted[sorted.length / 2];
        double lower = sorted[(sorted.length - 1) / 2];
        return new Spread((upper + lower) / 2, sorted[0], sorted[sorted.length - 1]);
    }

    /** {@code "2.41 [2.30, 2.52]"}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.2f [%.2f, %.2f]", median, min, max);
    }

    /** The quotients of measurements taken in pairs. */
    public static Spread ofRatios(List<Double> numerators, List<Double> denominators) {
        Double[] ratios = new Double[numerators.size()];
        Arrays.setAll(ratios, i -> numerators.get(i) / denominators.get(i));
        return of(List.of(ratios));
    }
}
