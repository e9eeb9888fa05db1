package donna.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RidgeTest {
    @Test
    void theClosedFormEqualsLeavingEachRowOut() {
        Random random = new Random(3);
        double[][] x = new double[12][];
        double[] y = new double[12];
        for (int i = 0; i < 12; i++) {
            x[i] = random.doubles(3).toArray();
            y[i] = x[i][0] - 2 * x[i][1] + 0.3 * random.nextGaussian();
        }
        Ridge ridge = Ridge.fit(x, y);
        for (int out = 0; out < 12; out++) {
            assertEquals(refit(x, y, out, ridge.strength()), ridge.leaveOneOut()[out], 1e-9);
        }
    }

    /** On the logarithm of the error: a few networks as bad as 45 % would otherwise decide the fit. */
    @Test
    void onNasBenchMacroItRanksAllNetworksFromFewLabels() {
        NasBenchMacro bench = NasBenchMacro.orSkip();
        double[][] rows = bench.oneHot();
        assertTrue(meanTau(bench, rows, 60) >= 0.80, "60 labels: " + meanTau(bench, rows, 60));
        assertTrue(meanTau(bench, rows, 300) >= 0.84, "300 labels: " + meanTau(bench, rows, 300));
    }

    private static double meanTau(NasBenchMacro bench, double[][] rows, int labels) {
        return IntStream.range(0, 20)
                .mapToDouble(seed -> {
                    int[] drawn = new Random(seed)
                            .ints(0, rows.length)
                            .distinct()
                            .limit(labels)
                            .toArray();
                    Ridge ridge = Ridge.fit(
                            Arrays.stream(drawn).mapToObj(i -> rows[i]).toArray(double[][]::new),
                            Arrays.stream(drawn)
                                    .mapToDouble(i -> -Math.log(100 - bench.accuracy()[i]))
                                    .toArray());
                    return Statistics.kendall(
                            Arrays.stream(rows).mapToDouble(ridge::predict).toArray(), bench.accuracy());
                })
                .average()
                .orElseThrow();
    }

    /**
     * Ridge without row {@code out} by solving the centred 3x3 system with Cramer's rule; scales are those of all rows.
     */
    private static double refit(double[][] x, double[] y, int out, double strength) {
        int[] kept = IntStream.range(0, y.length).filter(i -> i != out).toArray();
        double[] scale = new double[3];
        double[] mean = new double[3];
        for (int t = 0; t < 3; t++) {
            int c = t;
            double all = Arrays.stream(x).mapToDouble(r -> r[c]).average().orElseThrow();
            scale[t] = Math.sqrt(Arrays.stream(x)
                    .mapToDouble(r -> (r[c] - all) * (r[c] - all))
                    .average()
                    .orElseThrow());
            mean[t] = Arrays.stream(kept).mapToDouble(i -> x[i][c]).average().orElseThrow();
        }
        double centre = Arrays.stream(kept).mapToDouble(i -> y[i]).average().orElseThrow();
        double[][] g = new double[3][3];
        double[] h = new double[3];
        for (int i : kept) {
            for (int s = 0; s < 3; s++) {
                double zs = (x[i][s] - mean[s]) / scale[s];
                h[s] += zs * (y[i] - centre);
                for (int t = 0; t < 3; t++) {
                    g[s][t] += zs * (x[i][t] - mean[t]) / scale[t];
                }
            }
        }
        for (int s = 0; s < 3; s++) {
            g[s][s] += strength;
        }
        double predicted = centre;
        for (int t = 0; t < 3; t++) {
            double[][] replaced = {g[0].clone(), g[1].clone(), g[2].clone()};
            for (int s = 0; s < 3; s++) {
                replaced[s][t] = h[s];
            }
            predicted += determinant(replaced) / determinant(g) * (x[out][t] - mean[t]) / scale[t];
        }
        return predicted;
    }

    private static double determinant(double[][] m) {
        return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
                - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
                + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
    }
}
