package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.evolve.AdditiveProblem.Limit;
import donna.evolve.AdditiveProblem.Term;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExactFrontTest {
    @Test
    void twoGoalsEqualEnumerationBitForBit() {
        for (long seed = 0; seed < 20; seed++) {
            AdditiveProblem problem = Tables.problem(seed, 4, 7, 2);
            ParetoFront exact = ExactFront.of(problem);
            assertEquals(Tables.frontByPairs(problem, Tables.all(problem)), Tables.values(exact), "seed " + seed);
        }
    }

    @Test
    void threeGoalsEqualEnumerationBitForBit() {
        for (long seed = 0; seed < 10; seed++) {
            AdditiveProblem problem = Tables.problem(seed, 4, 6, 3);
            assertEquals(
                    Tables.frontByPairs(problem, Tables.all(problem)),
                    Tables.values(ExactFront.of(problem)),
                    "seed " + seed);
        }
    }

    @Test
    void limitsOnFurtherCostsAreKept() {
        for (long seed = 0; seed < 10; seed++) {
            AdditiveProblem free = Tables.problem(seed, 4, 6, 2);
            Term params = new Term("params", false, 0, Tables.table(seed + 9, 4, 6));
            AdditiveProblem bound = new AdditiveProblem(free.objectives(), List.of(new Limit(params, 1.2)));
            List<Individual> feasible = Tables.all(bound);
            assertTrue(feasible.size() < 6 * 6 * 6 * 6 && !feasible.isEmpty());
            assertEquals(Tables.frontByPairs(bound, feasible), Tables.values(ExactFront.of(bound)), "seed " + seed);
        }
    }

    @Test
    void tiesAndFailedCandidatesAreHandled() {
        double[][] score = {{1, 1, Double.NEGATIVE_INFINITY}, {2, 2, 2}};
        double[][] cost = {{1, 1, 0}, {3, 3, 3}};
        AdditiveProblem problem = new AdditiveProblem(
                List.of(new Term("score", true, 0, score), new Term("cost", false, 0, cost)), List.of());
        ParetoFront front = ExactFront.of(problem);
        assertEquals(List.of(List.of(3.0, 4.0)), Tables.values(front));
        assertTrue(front.members().getFirst().architecture().choice(0) < 2);
    }

    @Test
    void aHugeSpaceIsSolved() {
        AdditiveProblem problem = Tables.problem(42, 5, 384, 2);
        ParetoFront exact = ExactFront.of(problem);
        ParetoFront found = new Evolution(100, 50, 0.9, 0.2, 1).run(problem, List.of(), 1);
        double share = found.hypervolume(problem.worst()) / exact.hypervolume(problem.worst());
        assertTrue(exact.members().size() > 300, "members " + exact.members().size());
        assertTrue(share > 0.95 && share <= 1, "share " + share);
        assertEquals(exact, exact.union(found));
    }

    @Test
    void whatCannotBeSolvedExactlyIsRefusedWithTheReason() {
        AdditiveProblem three = Tables.problem(1, 3, 3, 3);
        Term more = new Term("bytes", false, 0, Tables.table(5, 3, 3));
        List<Term> four = new ArrayList<>(three.objectives());
        four.add(more);
        String message = assertThrows(
                        DonnaException.InvalidInput.class, () -> ExactFront.of(new AdditiveProblem(four, List.of())))
                .getMessage();
        assertTrue(message.contains("over 4 sums"), message);
        assertThrows(
                DonnaException.InvalidInput.class,
                () -> new AdditiveProblem(
                        List.of(three.objectives().getFirst(), new Term("x", false, 0, new double[2][3])), List.of()));
    }
}
