package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class GenomeIndexTest {
    @Test
    void whoeverClaimsFirstKeepsTheGenome() {
        for (long seed = 1; seed <= 50; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int n = 200;
            char[] genes = new char[2 * n];
            int[] hash = new int[n];
            GenomeIndex index = new GenomeIndex(genes, hash, 2);
            for (int round = 0; round < 2; round++) {
                Set<Integer> claimed = new HashSet<>();
                for (int i = 0; i < n; i++) {
                    genes[2 * i] = (char) random.nextInt(12);
                    genes[2 * i + 1] = (char) random.nextInt(12);
                    // few hashes, so that different genomes meet
                    hash[i] = genes[2 * i] % 4;
                    boolean isNew = claimed.add(genes[2 * i] * 12 + genes[2 * i + 1]);
                    assertEquals(isNew, index.claim(i), "place " + i + ", seed " + seed);
                }
                index.clear();
            }
        }
    }
}
