package donna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EpochOrderTest {
    @Test
    void everyIndexOccursOnce() {
        for (int n : new int[] {0, 1, 2, 1000}) {
            int[] sorted = EpochOrder.permutation(n, 42, 7);
            Arrays.sort(sorted);
            assertArrayEquals(IntStream.range(0, n).toArray(), sorted);
        }
    }

    @Test
    void theOrderIsAFunctionOfSeedAndEpoch() {
        int[] base = EpochOrder.permutation(1000, 42, 7);
        assertArrayEquals(base, EpochOrder.permutation(1000, 42, 7));
        assertFalse(Arrays.equals(base, EpochOrder.permutation(1000, 43, 7)));
        assertFalse(Arrays.equals(base, EpochOrder.permutation(1000, 42, 8)));
    }

    @Test
    void allOrdersOfFourAreEquallyLikely() {
        int draws = 24_000;
        int[] seen = new int[256];
        for (int epoch = 0; epoch < draws; epoch++) {
            int[] p = EpochOrder.permutation(4, 1, epoch);
            seen[p[0] << 6 | p[1] << 4 | p[2] << 2 | p[3]]++;
        }
        int kinds = 0;
        double chi2 = 0;
        for (int s : seen) {
            if (s > 0) {
                kinds++;
                chi2 += (s - draws / 24.0) * (s - draws / 24.0) / (draws / 24.0);
            }
        }
        assertEquals(24, kinds);
        // 23 degrees of freedom: the upper 0.01 % point is 57.
        assertTrue(chi2 < 57, "chi-square of 24 orders over " + draws + " draws is " + chi2);
    }
}
