package donna.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LeaveOutTest {
    private static final double[] SCALE = {0.3, 0.2, 0.5};

    @Test
    void theClosedFormEqualsLeavingEachRowOut() {
        Random random = new Random(3);
        double[][] x = new double[12][];
        double[] y = values(random, x);
        List<Columns.Column> columns = Arrays.stream(SCALE)
                .mapToObj(s -> new Columns.Column(s, false, false))
                .toList();
        LeaveOut all = new LeaveOut(new Design(Variant.LINEAR, x, new Columns(columns)), y, 0.7);
        for (int out = 0; out < 12; out++) {
            assertEquals(refit(x, y, out, 0.7), all.without(out), 1e-9);
        }
    }

    @Test
    void leavingTwoRowsOutEqualsAFitOfTheOthersPulledOrNot() {
        Random random = new Random(4);
        double[][] x = new double[12][];
        double[] y = values(random, x);
        Columns columns = new Columns(List.of(
                new Columns.Column(0.3, true, true),
                new Columns.Column(0.2, true, true),
                new Columns.Column(0.5, false, false)));
        Design design = new Design(Variant.LINEAR, x, columns);
        for (double strength : new double[] {Double.POSITIVE_INFINITY, 10, 0.1}) {
            LeaveOut closed = new LeaveOut(design, y, strength);
            ShrunkRegression regression = new ShrunkRegression(design, y, false);
            for (int i = 0; i < 12; i++) {
                assertEquals(regression.fit(strength, i).predict(x[i]), closed.without(i), 1e-8);
                for (int j = 0; j < i; j++) {
                    ShrunkRegression.Fit fit = regression.fit(strength, i, j);
                    assertEquals(fit.predict(x[j]), closed.without(i, j), 1e-8);
                    assertEquals(fit.predict(x[i]), closed.without(j, i), 1e-8);
                }
            }
        }
    }

    private static double[] values(Random random, double[][] x) {
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            x[i] = random.doubles(3).toArray();
            y[i] = x[i][0] - 2 * x[i][1] + 0.3 * random.nextGaussian();
        }
        return y;
    }

    /**
     * Ridge without row {@code out} by solving the centred 3x3 system with Cramer's rule; deviations count in {@link
     * #SCALE}.
     */
    private static double refit(double[][] x, double[] y, int out, double strength) {
        int[] kept = IntStream.range(0, y.length).filter(i -> i != out).toArray();
        double[] mean = new double[3];
        for (int t = 0; t < 3; t++) {
            int c = t;
            mean[t] = Arrays.stream(kept).mapToDouble(i -> x[i][c]).average().orElseThrow();
        }
        double centre = Arrays.stream(kept).mapToDouble(i -> y[i]).average().orElseThrow();
        double[][] g = new double[3][3];
        double[] h = new double[3];
        for (int i : kept) {
            for (int s = 0; s < 3; s++) {
                double zs = (x[i][s] - mean[s]) / SCALE[s];
                h[s] += zs * (y[i] - centre);
                for (int t = 0; t < 3; t++) {
                    g[s][t] += zs * (x[i][t] - mean[t]) / SCALE[t];
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
            predicted += determinant(replaced) / determinant(g) * (x[out][t] - mean[t]) / SCALE[t];
        }
        return predicted;
    }

    private static double determinant(double[][] m) {
        return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
                - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
                + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
    }
}
