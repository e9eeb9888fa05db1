package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.evolve.Variation.Crossover;
import donna.evolve.Variation.Mutation;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Children of two parents that differ in every block: what comes from whom, and how often. */
class BreedingTest {
    private static final int BLOCKS = 64;
    private static final int CHILDREN = 40_000;

    private static int[] options() {
        int[] options = new int[BLOCKS];
        Arrays.fill(options, 11);
        return options;
    }

    /** Two survivors of equal rank, with genes 3 and 7, and a child. */
    private static char[] child(Variation variation, int number, int attempt) {
        Population p = new Population(2, BLOCKS, 1);
        for (int n = 0; n < BLOCKS; n++) {
            p.genes[n] = 3;
            p.genes[BLOCKS + n] = 7;
        }
        p.size = 2;
        new Breeding(1, options(), variation).child(p, 2, 1, number, attempt);
        return Arrays.copyOfRange(p.genes, 2 * BLOCKS, 3 * BLOCKS);
    }

    private static int changes(char[] genes) {
        int changes = 0;
        for (int n = 1; n < BLOCKS; n++) {
            changes += genes[n] != genes[n - 1] ? 1 : 0;
        }
        return changes;
    }

    @Test
    void withoutCrossoverAndMutationAChildIsAParent() {
        for (int i = 0; i < 1000; i++) {
            assertEquals(0, changes(child(Variation.uniform(0, 0), i, 0)));
        }
    }

    @Test
    void twoPointCrossoverTakesOneStretchFromAParentAndUniformTakesHalf() {
        int mixed = 0;
        int[] fromSecond = new int[BLOCKS];
        int uniformMixed = 0;
        for (int i = 0; i < CHILDREN; i++) {
            char[] genes = child(new Variation(Crossover.TWO_POINT, 1, Mutation.RESET, 0), i, 0);
            assertTrue(changes(genes) <= 2, "changes " + changes(genes));
            mixed += changes(genes) > 0 ? 1 : 0;
            char[] other = child(Variation.uniform(1, 0), i, 0);
            uniformMixed += changes(other) > 0 ? 1 : 0;
            for (int n = 0; n < BLOCKS; n++) {
                fromSecond[n] += other[n] == 7 ? 1 : 0;
            }
        }
        // parents are the same half of the time at least: equal ranks, and a draw goes to the first drawn
        assertTrue(mixed > 0.35 * CHILDREN && mixed < 0.52 * CHILDREN, "two-point mixed " + mixed);
        assertTrue(uniformMixed > 0.45 * CHILDREN && uniformMixed < 0.55 * CHILDREN, "uniform mixed " + uniformMixed);
        for (int n = 0; n < BLOCKS; n++) {
            assertEquals(0.5, fromSecond[n] / (double) CHILDREN, 0.015, "block " + n);
        }
    }

    @Test
    void resetDrawsEveryOptionAndNeighbourStepsByOne() {
        int[] reset = new int[11];
        int[] step = new int[11];
        for (int i = 0; i < CHILDREN / 10; i++) {
            for (char g : child(new Variation(Crossover.UNIFORM, 0, Mutation.RESET, 1), i, 0)) {
                reset[g]++;
            }
            for (char g : child(new Variation(Crossover.UNIFORM, 0, Mutation.NEIGHBOUR, 1), i, 0)) {
                step[g]++;
            }
        }
        double all = CHILDREN / 10.0 * BLOCKS;
        for (int g = 0; g < 11; g++) {
            assertEquals(1 / 11.0, reset[g] / all, 0.003, "option " + g);
            boolean beside = g == 2 || g == 4 || g == 6 || g == 8;
            assertEquals(beside ? 0.25 : 0, step[g] / all, beside ? 0.02 : 0, "option " + g);
        }
    }

    @Test
    void aRepeatedAttemptChangesAGeneForCertain() {
        for (int i = 0; i < 1000; i++) {
            char[] genes = child(Variation.uniform(0, 0), i, 1);
            assertTrue(changes(genes) == 1 || changes(genes) == 2, "changes " + changes(genes));
        }
    }
}
