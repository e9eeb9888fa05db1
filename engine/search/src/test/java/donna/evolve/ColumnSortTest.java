package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ColumnSortTest {
    @Test
    void theOrderIsThatOfAStableSortWhateverTheValues() {
        for (long seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            int n = seed % 10 == 0 ? 20_000 : 1 + random.nextInt(300);
            int kind = (int) seed % 6;
            double[] f = new double[2 * n];
            for (int i = 0; i < f.length; i++) {
                f[i] = switch (kind) {
                    case 0 -> random.nextDouble();
                    case 1 -> random.nextInt(5);
                    case 2 -> Math.exp(40 * random.nextGaussian());
                    case 3 -> 1e300 * random.nextGaussian();
                    case 4 -> 1 + 1e-15 * random.nextInt(40);
                    default -> random.nextBoolean() ? 0.0 : -0.0;
                };
            }
            int[] points = IntStream.range(0, n).toArray();
            ColumnSort sort = new ColumnSort(n);
            sort.sort(f, 2, 1, points, n);
            int[] expected = IntStream.range(0, n)
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer i) -> f[2 * i + 1] + 0.0))
                    .mapToInt(i -> i)
                    .toArray();
            int[] found = IntStream.range(0, n).map(sort::at).toArray();
            assertEquals(Arrays.toString(expected), Arrays.toString(found), "seed " + seed);
            for (int i = 0; i < n; i += 1 + n / 50) {
                double v = f[2 * i + 1];
                long below = IntStream.range(0, n).filter(j -> f[2 * j + 1] < v).count();
                assertEquals(below, sort.below(i), "seed " + seed + " point " + i);
            }
        }
    }

    @Test
    void onlyTheNamedPointsAreSorted() {
        double[] f = {5, 9, 1, 7, 3};
        ColumnSort sort = new ColumnSort(5);
        sort.sort(f, 1, 0, new int[] {4, 1, 2}, 3);
        assertEquals("[2, 0, 1]", Arrays.toString(new int[] {sort.at(0), sort.at(1), sort.at(2)}));
    }
}
