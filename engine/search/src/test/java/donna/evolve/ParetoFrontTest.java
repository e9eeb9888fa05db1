package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ParetoFrontTest {
    private static final List<Problem.Goal> GOALS =
            List.of(new Problem.Goal("top1", true), new Problem.Goal("latencyMs", false));

    @Test
    void dominatedAndRepeatedIndividualsLeaveAndTheRestIsSortedByCost() {
        ParetoFront front = ParetoFront.of(
                GOALS, List.of(one(0, 0.9, 5), one(1, 0.8, 2), one(2, 0.85, 6), one(3, 0.8, 2), one(4, Double.NaN, 1)));
        assertEquals(List.of(one(1, 0.8, 2), one(0, 0.9, 5)), front.members());
        assertEquals(one(0, 0.9, 5), front.best(1, 5).orElseThrow());
        assertEquals(one(1, 0.8, 2), front.best(1, 4.9).orElseThrow());
        assertEquals(true, front.best(1, 1.9).isEmpty());
    }

    @Test
    void hypervolumeOfTwoGoalsIsTheAreaByHand() {
        ParetoFront front = ParetoFront.of(GOALS, List.of(one(0, 3, 2), one(1, 1, 1), one(2, 5, 9)));
        // reference (0, 4): 3 x 2 and a strip of 1 x 1; the third lies beyond it
        assertEquals(7, front.hypervolume(0, 4), 1e-15);
        assertEquals(0, front.hypervolume(6, 0.5));
        assertThrows(DonnaException.InvalidInput.class, () -> front.hypervolume(1, 2, 3));
    }

    @Test
    void hypervolumeOfThreeGoalsEqualsCountingUnitCubes() {
        List<Problem.Goal> goals =
                List.of(new Problem.Goal("a", false), new Problem.Goal("b", false), new Problem.Goal("c", false));
        for (long seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            List<Individual> all = IntStream.range(0, 25)
                    .mapToObj(i -> one(i, random.nextInt(9), random.nextInt(9), random.nextInt(9)))
                    .toList();
            int cubes = 0;
            for (int x = 0; x < 8; x++) {
                for (int y = 0; y < 8; y++) {
                    for (int z = 0; z < 8; z++) {
                        int a = x;
                        int b = y;
                        int c = z;
                        cubes += all.stream()
                                        .anyMatch(
                                                i -> i.objective(0) <= a && i.objective(1) <= b && i.objective(2) <= c)
                                ? 1
                                : 0;
                    }
                }
            }
            assertEquals(cubes, ParetoFront.of(goals, all).hypervolume(8, 8, 8), 1e-9, "seed " + seed);
        }
    }

    @Test
    void hypervolumeOfFourGoalsEqualsCountingUnitCubesAndOfOneIsALength() {
        List<Problem.Goal> goals = IntStream.range(0, 4)
                .mapToObj(k -> new Problem.Goal("goal " + k, false))
                .toList();
        for (long seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            List<Individual> all = IntStream.range(0, 20)
                    .mapToObj(i -> one(i, random.ints(4, 0, 6).asDoubleStream().toArray()))
                    .toList();
            long cubes = IntStream.range(0, 5 * 5 * 5 * 5)
                    .filter(c -> all.stream().anyMatch(i -> i.objective(0) <= c % 5
                            && i.objective(1) <= c / 5 % 5
                            && i.objective(2) <= c / 25 % 5
                            && i.objective(3) <= c / 125))
                    .count();
            assertEquals(cubes, ParetoFront.of(goals, all).hypervolume(5, 5, 5, 5), 1e-9, "seed " + seed);
        }
        List<Problem.Goal> single = List.of(new Problem.Goal("top1", true));
        assertEquals(2.5, ParetoFront.of(single, List.of(one(0, 3), one(1, 2))).hypervolume(0.5));
    }

    private static Individual one(int id, double... values) {
        return new Individual(new Architecture(id), values);
    }
}
