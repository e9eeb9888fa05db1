package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.evolve.AdditiveProblem.Limit;
import donna.evolve.AdditiveProblem.Term;
import donna.jobs.Progress;
import donna.spec.Json;
import donna.tensor.DonnaException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    void aMillionArchitecturesEqualEnumeration() {
        for (int goals = 2; goals <= 3; goals++) {
            AdditiveProblem problem = Tables.problem(goals, 6, 10, goals);
            ParetoFront exact = ExactFront.of(problem);
            List<List<Double>> values = new ArrayList<>(Tables.values(exact));
            assertEquals(values, Tables.frontByScan(problem), goals + " goals");
        }
    }

    @Test
    void chainsOfNeighbouringPairsEqualEnumeration() {
        for (long seed = 0; seed < 16; seed++) {
            AdditiveProblem problem = chain(seed, 4, 6, 2 + (int) seed % 2, seed % 4 < 2);
            ExactFront.Solution solution = solve(problem, new double[0]);
            List<List<Double>> expected = Tables.frontByPairs(problem, Tables.all(problem));
            assertEquals(expected, Tables.values(solution.front()), "seed " + seed);
            assertEquals(Optional.empty(), CertificateChecker.mistake(solution.certificate()), "seed " + seed);
        }
    }

    /** The first cost depends on pairs: of all neighbours, or of the middle ones only. */
    private static AdditiveProblem chain(long seed, int blocks, int options, int goals, boolean whole) {
        AdditiveProblem plain = Tables.problem(seed, blocks, options, goals);
        double[][][] pairs = new double[blocks - 1][][];
        for (int n = 0; n < pairs.length; n++) {
            pairs[n] = whole || n == 1 ? Tables.table(seed + 31 * n + 5, options, options) : new double[0][];
        }
        List<Term> terms = new ArrayList<>(plain.objectives());
        Term t = terms.get(1);
        terms.set(1, new Term(t.name(), t.maximise(), t.fixed(), t.blocks(), pairs));
        return new AdditiveProblem(terms, List.of());
    }

    private static ExactFront.Solution solve(AdditiveProblem problem, double[] epsilon) {
        return ExactFront.solve(problem, new ExactFront.Bounds(epsilon, ExactFront.USUAL_BYTES), Progress.NONE);
    }

    @Test
    void withAnEpsilonEveryArchitectureHasAMemberAtMostThatMuchWorse() {
        for (long seed = 0; seed < 12; seed++) {
            int goals = 2 + (int) seed % 2;
            AdditiveProblem problem =
                    seed % 3 == 0 ? chain(seed, 4, 6, goals, true) : Tables.problem(seed, 4, 7, goals);
            double[] epsilon = new double[goals];
            Arrays.fill(epsilon, 0.12);
            ExactFront.Solution solution = solve(problem, epsilon);
            int exact = ExactFront.of(problem).members().size();
            int found = solution.front().members().size();
            assertTrue(found < exact, "seed " + seed + ": " + found + " of " + exact);
            for (Individual any : Tables.all(problem)) {
                assertTrue(
                        solution.front().members().stream().anyMatch(i -> isNearly(problem, i, any, 0.12 + 1e-12)),
                        "seed " + seed + " " + any);
            }
            assertEquals(Optional.empty(), CertificateChecker.mistake(solution.certificate()), "seed " + seed);
        }
    }

    private static boolean isNearly(AdditiveProblem problem, Individual member, Individual any, double epsilon) {
        for (int k = 0; k < problem.goals().size(); k++) {
            double worse = member.objective(k) - any.objective(k);
            if ((problem.goals().get(k).maximise() ? -worse : worse) > epsilon) {
                return false;
            }
        }
        return true;
    }

    @Test
    void theCertificateHoldsAndEveryChangeOfItIsFound(@TempDir Path folder) {
        AdditiveProblem free = Tables.problem(5, 4, 7, 2);
        Term params = new Term("params", false, 0, Tables.table(14, 4, 7));
        free.objectives().getFirst().blocks()[2][1] = Double.NEGATIVE_INFINITY;
        AdditiveProblem problem = new AdditiveProblem(free.objectives(), List.of(new Limit(params, 1.6)));
        FrontCertificate written = solve(problem, new double[0]).certificate();
        Json.write(folder.resolve("certificate.json"), written);
        FrontCertificate c = Json.read(folder.resolve("certificate.json"), FrontCertificate.class);
        assertEquals(Optional.empty(), CertificateChecker.mistake(c));
        int m = c.terms().size();

        for (int n = 0; n < c.layers().size(); n++) {
            FrontCertificate.Layer layer = c.layers().get(n);
            for (int i = 0; i < layer.values().length / m; i++) {
                double[] values = layer.values().clone();
                values[i * m + 1] += 1e-9;
                List<FrontCertificate.Layer> layers = new ArrayList<>(c.layers());
                layers.set(n, new FrontCertificate.Layer(layer.last(), values));
                assertFound(c, layers, c.front(), "layer " + n + " point " + i);
            }
        }
        for (int i = 0; i < c.front().size(); i++) {
            List<Individual> fewer = new ArrayList<>(c.front());
            fewer.remove(i);
            assertFound(c, c.layers(), fewer, "without member " + i);
            List<Individual> better = new ArrayList<>(c.front());
            better.set(i, new Individual(fewer.getFirst().architecture(), c.front().get(i).objectives()));
            assertFound(c, c.layers(), better, "with another architecture as member " + i);
        }
        List<Individual> beyond = new ArrayList<>(c.front());
        beyond.addAll(ExactFront.of(free).members());
        assertFound(c, c.layers(), beyond, "with members that break the limit");
    }

    private static void assertFound(
            FrontCertificate c, List<FrontCertificate.Layer> layers, List<Individual> front, String what) {
        FrontCertificate changed =
                new FrontCertificate(c.terms(), c.objectives(), c.limits(), c.slack(), layers, front);
        assertTrue(CertificateChecker.mistake(changed).isPresent(), what);
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
        Problem unknown = new Problem() {
            @Override
            public int[] options() {
                return three.options();
            }

            @Override
            public List<Goal> goals() {
                return three.goals();
            }

            @Override
            public void rate(int[] choices, double[] objectives, double[] excess) {
                three.rate(choices, objectives, excess);
            }
        };
        String why = ExactFront.refusal(unknown).orElseThrow();
        assertTrue(why.contains("not known to be sums"), why);
        AdditiveProblem large = Tables.problem(1, 8, 60, 3);
        String memory = assertThrows(
                        DonnaException.InvalidInput.class,
                        () -> ExactFront.solve(
                                large, new ExactFront.Bounds(new double[0], 1 << 20), Progress.NONE))
                .getMessage();
        assertTrue(memory.contains("1048576 are allowed"), memory);
        Term score = three.objectives().getFirst();
        assertThrows(
                DonnaException.InvalidInput.class,
                () -> new AdditiveProblem(three.objectives(), List.of(new Limit(score, 1))));
        assertThrows(
                DonnaException.InvalidInput.class,
                () -> new AdditiveProblem(
                        List.of(three.objectives().getFirst(), new Term("x", false, 0, new double[2][3])), List.of()));
    }
}
