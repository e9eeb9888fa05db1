package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrontComparisonTest {
    private static final List<Problem.Goal> GOALS = List.of(new Problem.Goal("score", true), new Problem.Goal("cost", false));

    private static ParetoFront front(double... scoreAndCost) {
        List<Individual> all = new ArrayList<>();
        for (int i = 0; i < scoreAndCost.length; i += 2) {
            all.add(new Individual(new Architecture(i), scoreAndCost[i], scoreAndCost[i + 1]));
        }
        return ParetoFront.of(GOALS, all);
    }

    /** Whole: 0.5 at 1, 0.7 at 10, 0.8 at 100. Costs are spaced so that point i of 101 is 10^(i / 50). */
    private static final ParetoFront WHOLE = front(0.5, 1, 0.7, 10, 0.8, 100);

    @Test
    void aFrontComparedWithItselfLosesNothing() {
        FrontComparison c = FrontComparison.of(WHOLE, WHOLE, new double[] {0, 200});
        assertEquals(new FrontComparison(1, 1, 0, 0, 1, 1), c);
    }

    @Test
    void lossesAndRatiosAreThoseCountedByHand() {
        ParetoFront part = front(0.6, 10, 0.8, 100);
        FrontComparison c = FrontComparison.of(WHOLE, part, new double[] {0.4, 110});
        // From cost 10 (point 50) on: 50 points lose 0.1, the last none.
        assertEquals(51.0 / 101, c.reach(), 1e-12);
        assertEquals(50 * 0.1 / 51, c.meanLoss(), 1e-12);
        assertEquals(0.1, c.worstLoss(), 1e-12);
        assertEquals(10, c.worstCost(), 1e-9);
        // Areas over 0.4 and up to 110: whole 9 * 0.1 + 90 * 0.3 + 10 * 0.4 = 31.9, part 90 * 0.2 + 10 * 0.4 = 22.
        assertEquals(22 / 31.9, c.hypervolumeShare(), 1e-12);
        // Scores 0.5 + 0.003 i: 0.5 costs 10 and not 1; above it to 0.6 (33 points) 10 as with the whole; to 0.7 (33) 100 and not 10; beyond, 100.
        assertEquals(Math.pow(10, (1 + 33) / 101.0), c.costRatio(), 1e-9);
    }

    @Test
    void aPartDearerThanAllHasNoLossAtEqualCost() {
        FrontComparison c = FrontComparison.of(WHOLE, front(0.45, 150), new double[] {0, 200});
        assertEquals(0, c.reach());
        assertTrue(Double.isNaN(c.meanLoss()) && Double.isNaN(c.worstLoss()));
        assertEquals(150, c.costRatio(), 1e-9);
    }

    @Test
    void maskedChoicesAreNeverTaken() {
        for (long seed = 0; seed < 20; seed++) {
            AdditiveProblem problem = Tables.problem(seed, 4, 6, 2);
            boolean[][] mask = new boolean[4][6];
            for (int n = 0; n < 4; n++) {
                for (int m = 0; m < 6; m++) {
                    mask[n][m] = m == 0 || (seed * 31 + n * 7 + m * 3) % 4 != 0;
                }
            }
            List<Individual> allowed = Tables.all(problem).stream().filter(i -> {
                int[] c = i.architecture().choices();
                return mask[0][c[0]] && mask[1][c[1]] && mask[2][c[2]] && mask[3][c[3]];
            }).toList();
            assertTrue(allowed.size() < 6 * 6 * 6 * 6, "nothing is masked");
            assertEquals(
                    Tables.frontByPairs(problem, allowed), Tables.values(ExactFront.of(problem.within(mask))), "seed " + seed);
        }
    }

    @Test
    void otherGoalsAreRefused() {
        List<Problem.Goal> costs = List.of(new Problem.Goal("macs", false), new Problem.Goal("cost", false));
        ParetoFront wrong = ParetoFront.of(costs, List.of(new Individual(new Architecture(0), 1, 1)));
        assertThrows(DonnaException.InvalidInput.class, () -> FrontComparison.of(wrong, wrong, new double[] {1, 1}));
    }
}
