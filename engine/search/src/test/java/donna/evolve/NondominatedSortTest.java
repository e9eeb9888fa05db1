package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NondominatedSortTest {
    @Test
    void ranksEqualPeelingByPairs() {
        for (long seed = 0; seed < 120; seed++) {
            Random random = new Random(seed);
            int m = 1 + random.nextInt(4);
            int n = 1 + random.nextInt(seed % 3 == 0 ? 500 : 60);
            // often few distinct values, so that ties and equal points are common
            int distinct = seed % 2 == 0 ? 6 : 1000;
            double[] f = random.ints((long) n * m, 0, distinct).asDoubleStream().toArray();
            NondominatedSort sort = new NondominatedSort(n, m);
            sort.sort(f, n);
            int[] expected = peel(f, n, m);
            for (int i = 0; i < n; i++) {
                assertEquals(expected[i], sort.rank(i), "seed " + seed + " point " + i);
            }
            assertEquals(Arrays.stream(expected).max().orElseThrow() + 1, sort.fronts(), "seed " + seed);
        }
    }

    @Test
    void ranksOfManyPointsEqualTheirLongestChains() {
        for (long seed = 0; seed < 12; seed++) {
            Random random = new Random(seed);
            int m = 2 + (int) seed % 3;
            int n = 4000;
            boolean chain = seed % 4 == 3;
            double[] f = new double[n * m];
            for (int i = 0; i < n; i++) {
                double along = random.nextDouble();
                for (int k = 0; k < m; k++) {
                    // along one line, with a little scatter, nearly every point has a front of its own
                    f[i * m + k] = chain ? along + 1e-4 * random.nextDouble() : 1e9 * random.nextGaussian();
                }
            }
            NondominatedSort sort = new NondominatedSort(n, m);
            sort.sort(f, n);
            int[] expected = longestChains(f, n, m);
            for (int i = 0; i < n; i++) {
                assertEquals(expected[i], sort.rank(i), "seed " + seed + " point " + i);
            }
        }
    }

    /** The rank of a point is the length of the longest chain of points that dominate each other up to it. */
    private static int[] longestChains(double[] f, int n, int m) {
        Integer[] order = new Integer[n];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Arrays.compare(f, a * m, a * m + m, f, b * m, b * m + m));
        int[] rank = new int[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < i; j++) {
                if (rank[order[j]] >= rank[order[i]] && dominates(f, order[j], order[i], m)) {
                    rank[order[i]] = rank[order[j]] + 1;
                }
            }
        }
        return rank;
    }

    private static int[] peel(double[] f, int n, int m) {
        int[] rank = new int[n];
        Arrays.fill(rank, -1);
        for (int r = 0, left = n; left > 0; r++) {
            int[] before = rank.clone();
            for (int i = 0; i < n; i++) {
                boolean beaten = before[i] >= 0;
                for (int j = 0; j < n && !beaten; j++) {
                    beaten = before[j] < 0 && dominates(f, j, i, m);
                }
                if (!beaten) {
                    rank[i] = r;
                    left--;
                }
            }
        }
        return rank;
    }

    private static boolean dominates(double[] f, int a, int b, int m) {
        boolean better = false;
        for (int k = 0; k < m; k++) {
            if (f[a * m + k] > f[b * m + k]) {
                return false;
            }
            better |= f[a * m + k] < f[b * m + k];
        }
        return better;
    }
}
