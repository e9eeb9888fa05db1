package donna.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import donna.tensor.DonnaException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    private static final double[] RISING = {1, 2, 3, 4, 5};

    @Test
    void agreementIsPlusOneAndReversalMinusOne() {
        double[] squares = {1, 4, 9, 16, 25};
        assertEquals(1, Statistics.kendall(RISING, squares), 1e-15);
        assertEquals(1, Statistics.spearman(RISING, squares), 1e-15);
        assertEquals(-1, Statistics.kendall(RISING, Statistics.negated(squares)), 1e-15);
        assertEquals(-1, Statistics.spearman(RISING, Statistics.negated(squares)), 1e-15);
    }

    @Test
    void tiesFollowTauB() {
        // scipy.stats.kendalltau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]) = -0.4714045207910316; spearmanr of the same =
        // -0.5407380704358752
        double[] a = {12, 2, 1, 12, 2};
        double[] b = {1, 4, 7, 1, 0};
        assertEquals(-0.4714045207910316, Statistics.kendall(a, b), 1e-15);
        assertEquals(-0.5407380704358752, Statistics.spearman(a, b), 1e-15);
        assertEquals(0, Statistics.kendall(a, new double[] {3, 3, 3, 3, 3}));
    }

    @Test
    void countingByMergingEqualsCountingPairs() {
        for (long seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            int n = 2 + random.nextInt(60);
            double[] a = random.ints(n, 0, 8).asDoubleStream().toArray();
            double[] b = random.ints(n, 0, 8).asDoubleStream().toArray();
            assertEquals(byPairs(a, b), Statistics.kendall(a, b), 1e-12, "seed " + seed);
        }
    }

    @Test
    void valuesThatCannotBeRankedAreRefused() {
        assertThrows(DonnaException.InvalidInput.class, () -> Statistics.kendall(RISING, new double[] {1, 2}));
        assertThrows(
                DonnaException.InvalidInput.class,
                () -> Statistics.spearman(new double[] {1, Double.NaN}, new double[] {1, 2}));
    }

    @Test
    void errorsAndMedians() {
        assertEquals(Math.sqrt(5.0 / 2), Statistics.rmse(new double[] {1, 2}, new double[] {2, 4}), 1e-15);
        assertEquals(2.5, Statistics.median(new double[] {4, 1, 3, 2}));
        assertEquals(3, Statistics.median(new double[] {9, 1, 3}));
    }

    private static double byPairs(double[] a, double[] b) {
        double sum = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a.length; j++) {
                double s = Math.signum(a[i] - a[j]);
                double t = Math.signum(b[i] - b[j]);
                sum += s * t;
                aa += s * s;
                bb += t * t;
            }
        }
        return aa * bb == 0 ? 0 : sum / Math.sqrt(aa * bb);
    }
}
