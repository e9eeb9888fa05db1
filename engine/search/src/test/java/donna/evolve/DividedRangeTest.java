package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DividedRangeTest {
    private static final int GOALS = 2;

    @Test
    void eachIslandGetsOneRangeOfAnObjectiveAndAnEqualShareOfTheInfeasible() {
        int duplicates = 0;
        int broken = 0;
        for (long seed = 1; seed <= 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int n = random.nextInt(2, 7);
            int size = random.nextInt(2 * n, 80);
            double infeasible = random.nextDouble();
            Population[] islands = new Population[n];
            List<List<Integer>> all = new ArrayList<>();
            for (int k = 0; k < n; k++) {
                islands[k] = new Population(Shares.size(size, k, n), 1, GOALS);
                fill(islands[k], random, infeasible, all);
            }
            int objective = random.nextInt(GOALS);
            int sign = objective == 0 ? 1 : -1;
            DividedRange range = new DividedRange(islands);
            range.divide(objective);
            for (int k = 0; k < n; k++) {
                range.send(k);
            }
            for (int k = 0; k < n; k++) {
                range.settle(k);
            }

            // What a list of all gives, in the order that the class promises.
            List<List<Integer>> feasible = all.stream()
                    .filter(i -> i.getLast() == 0)
                    .sorted((a, b) -> Integer.compare(sign * a.get(1 + objective), sign * b.get(1 + objective)))
                    .toList();
            List<List<Integer>> others =
                    all.stream().filter(i -> i.getLast() > 0).toList();
            broken += others.size();
            for (int k = 0; k < n; k++) {
                int from = Shares.start(feasible.size(), k, n);
                int to = Shares.start(feasible.size(), k + 1, n);
                Set<List<Integer>> expected = new HashSet<>(feasible.subList(from, to));
                expected.addAll(others.subList(
                        Shares.start(all.size(), k, n) - from, Shares.start(all.size(), k + 1, n) - to));
                duplicates += Shares.size(all.size(), k, n) - expected.size();
                assertEquals(expected, new HashSet<>(people(islands[k])), "island " + k + ", seed " + seed);
                assertEquals(expected.size(), islands[k].size, "island " + k + ", seed " + seed);
            }
        }
        assertTrue(duplicates > 100 && broken > 1000, duplicates + " duplicates, " + broken + " infeasible");
    }

    /** Individuals worth a function of their gene, so that equal genes are worth the same. */
    private static void fill(Population p, SplittableRandom random, double infeasible, List<List<Integer>> all) {
        int n = random.nextInt(1, p.capacity + 1);
        int[] genes = random.ints(0, 150).distinct().limit(n).toArray();
        for (int i = 0; i < n; i++) {
            p.genes[i] = (char) genes[i];
            p.genesWritten(i);
            p.values[GOALS * i] = genes[i] * 7919 % 401;
            p.values[GOALS * i + 1] = genes[i] * 104729 % 401;
            p.violation[i] = genes[i] * 31 % 400 < 400 * infeasible ? 1 + genes[i] : 0;
        }
        p.select(0, n);
        all.addAll(people(p));
    }

    private static List<List<Integer>> people(Population p) {
        List<List<Integer>> all = new ArrayList<>();
        for (int i = 0; i < p.size; i++) {
            all.add(Arrays.asList(
                    (int) p.genes[i], (int) p.values[GOALS * i], (int) p.values[GOALS * i + 1], (int) p.violation[i]));
        }
        return all;
    }
}
