package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.space.Architecture;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BroodTest {
    private static final int[] OPTIONS = {3, 3, 3, 3};
    private static final int PEOPLE = 75;
    private static final int ATTEMPTS = 8;

    /** One after the other, each with up to eight attempts, in a space with hardly more genomes than newcomers. */
    private static List<Architecture> oneAfterTheOther(Breeding breeding) {
        Set<Architecture> all = new LinkedHashSet<>();
        for (int child = 0; child < PEOPLE; child++) {
            boolean added = false;
            for (int attempt = 0; attempt < ATTEMPTS && !added; attempt++) {
                char[] genes = new char[4];
                breeding.random(genes, 0, child, attempt);
                added = all.add(new Architecture(genes[0], genes[1], genes[2], genes[3]));
            }
        }
        return List.copyOf(all);
    }

    @Test
    void newcomersHaveGenesThatNobodyHasAndWhoFindsNoneIsDropped() {
        int dropped = 0;
        for (int seed = 1; seed <= 100; seed++) {
            Breeding breeding = new Breeding(seed, OPTIONS, Variation.uniform(0.5, 0.1));
            List<Architecture> expected = oneAfterTheOther(breeding);
            dropped += PEOPLE - expected.size();
            Population people = new Population(PEOPLE, OPTIONS.length, 2);
            int end = new Brood(people, breeding, List.of(), null).append(0, PEOPLE, 0, 0);
            List<Architecture> got = new ArrayList<>();
            for (int i = 0; i < end; i++) {
                got.add(people.architecture(i));
            }
            assertEquals(expected, got, "seed " + seed);
        }
        assertTrue(dropped > 100, "dropped " + dropped);
    }
}
