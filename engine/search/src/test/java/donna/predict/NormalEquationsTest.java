package donna.predict;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class NormalEquationsTest {
    @Test
    void theConstrainedSolutionMeetsTheOptimalityConditions() {
        int bound = 0;
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            int n = 1 + random.nextInt(10);
            double[][] g = gram(random, n);
            double[] h = random.doubles(n, -1, 1).toArray();
            boolean[] bounded = new boolean[n];
            for (int i = 0; i < n; i++) {
                bounded[i] = random.nextInt(4) > 0;
            }
            double[] x = NormalEquations.solveBounded(g, h, bounded);
            for (int i = 0; i < n; i++) {
                double gradient = -h[i];
                for (int j = 0; j < n; j++) {
                    gradient += g[i][j] * x[j];
                }
                assertTrue(x[i] >= 0 || !bounded[i], "seed " + seed);
                if (x[i] != 0) {
                    assertEquals(0, gradient, 1e-8, "seed " + seed);
                } else {
                    assertTrue(gradient >= -1e-8, "seed " + seed);
                    bound++;
                }
            }
        }
        assertTrue(bound > 100, "the bound must have mattered, and did for " + bound + " variables");
    }

    @Test
    void theFreeSolutionSolvesTheSystem() {
        double[][] g = {{4, 1}, {1, 3}};
        double[] x = NormalEquations.solveBounded(g, new double[] {1, 2}, new boolean[2]);
        assertArrayEquals(new double[] {1.0 / 11, 7.0 / 11}, x, 1e-10);
    }

    private static double[][] gram(Random random, int n) {
        double[][] a = new double[n + 3][];
        for (int i = 0; i < a.length; i++) {
            a[i] = random.doubles(n, -1, 1).toArray();
        }
        double[][] g = new double[n][n];
        for (double[] row : a) {
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    g[i][j] += row[i] * row[j];
                }
            }
        }
        return g;
    }
}
