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
            int n = 1 + random.nextInt(60);
            // few distinct values, so that ties and equal points are common
            double[] f = random.ints((long) n * m, 0, 6).asDoubleStream().toArray();
            NondominatedSort sort = new NondominatedSort(n, m);
            sort.sort(f, n);
            int[] expected = peel(f, n, m);
            for (int i = 0; i < n; i++) {
                assertEquals(expected[i], sort.rank(i), "seed " + seed + " point " + i);
            }
            assertEquals(Arrays.stream(expected).max().orElseThrow() + 1, sort.fronts(), "seed " + seed);
        }
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
