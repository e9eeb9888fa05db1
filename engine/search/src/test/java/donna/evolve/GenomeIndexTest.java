package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class GenomeIndexTest {
    @Test
    void whoeverClaimsFirstTheLowestPlaceKeepsTheGenome() {
        for (long seed = 1; seed <= 50; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int n = 200;
            char[] genes = new char[2 * n];
            int[] hash = new int[n];
            Map<Integer, Integer> lowest = new HashMap<>();
            for (int i = 0; i < n; i++) {
                genes[2 * i] = (char) random.nextInt(6);
                genes[2 * i + 1] = (char) random.nextInt(6);
                // few hashes, so that different genomes meet
                hash[i] = genes[2 * i] % 4;
                lowest.putIfAbsent(genes[2 * i] * 6 + genes[2 * i + 1], i);
            }
            GenomeIndex index = new GenomeIndex(genes, hash, 2);
            int[] order = random.ints(0, n).distinct().limit(n).toArray();
            boolean[] owner = new boolean[n];
            for (int i : order) {
                int loser = index.claim(i);
                owner[i] = loser != i;
                if (loser != GenomeIndex.FRESH && loser != i) {
                    owner[loser] = false;
                }
            }
            for (int i = 0; i < n; i++) {
                assertEquals(lowest.containsValue(i), owner[i], "place " + i + ", seed " + seed);
            }
        }
    }
}
