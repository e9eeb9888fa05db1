package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.evolve.AdditiveProblem.Limit;
import donna.evolve.AdditiveProblem.Term;
import donna.jobs.Progress;
import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EvolutionTest {
    private static final Evolution USUAL = new Evolution(100, 50, 0.9, 0.25, 1);

    @Test
    void onSpacesTheSizeOfTheQuickstartItFindsNearlyTheWholeFront() {
        double found = 0;
        double random = 0;
        for (int seed = 0; seed < 10; seed++) {
            AdditiveProblem problem = Tables.problem(seed, 4, 22, 2);
            double exact = ExactFront.of(problem).hypervolume(problem.worst());
            Evolution evolution = new Evolution(100, 50, 0.9, 0.25, seed);
            found += evolution.run(problem, List.of(), 1).hypervolume(problem.worst()) / exact / 10;
            random +=
                    RandomSearch.run(problem, evolution.evaluations(), seed, 2, Progress.NONE)
                                    .hypervolume(problem.worst())
                            / exact
                            / 10;
        }
        assertTrue(found > 0.995 && found <= 1, "evolution " + found);
        assertTrue(random < found - 0.03, "random search " + random + ", evolution " + found);
    }

    @Test
    void anyNumberOfThreadsGivesTheSameFront() {
        for (int goals = 2; goals <= 3; goals++) {
            AdditiveProblem problem = Tables.problem(3, 8, 30, goals);
            ParetoFront one = new Evolution(300, 20, 0.9, 0.1, 5).run(problem, List.of(), 1);
            for (int threads : new int[] {2, 3, 16}) {
                assertEquals(
                        one,
                        new Evolution(300, 20, 0.9, 0.1, 5).run(problem, List.of(), threads),
                        threads + " threads");
            }
            assertTrue(!one.equals(new Evolution(300, 20, 0.9, 0.1, 6).run(problem, List.of(), 1)));
        }
    }

    @Test
    void noArchitectureIsRatedTwiceInAGenerationAndEvaluationsAreCounted() {
        AtomicInteger rated = new AtomicInteger();
        Set<Architecture> different = ConcurrentHashMap.newKeySet();
        AdditiveProblem inner = Tables.problem(4, 4, 22, 2);
        Counting problem = new Counting(inner, rated, different);
        new Evolution(50, 4, 0.9, 0.25, 1).run(problem, List.of(), 1);
        assertEquals(200, rated.get());
        assertTrue(different.size() > 150, "different " + different.size());
    }

    @Test
    void aSpaceSmallerThanThePopulationIsSearchedWhole() {
        AdditiveProblem problem = Tables.problem(2, 2, 3, 2);
        ParetoFront front = USUAL.run(problem, List.of(), 2);
        assertEquals(Tables.values(ExactFront.of(problem)), Tables.values(front));
    }

    @Test
    void constraintsHoldOnTheFrontEvenIfFewArchitecturesKeepThem() {
        AdditiveProblem free = Tables.problem(7, 6, 12, 2);
        Term params = new Term("params", false, 0, Tables.table(77, 6, 12));
        AdditiveProblem bound = new AdditiveProblem(free.objectives(), List.of(new Limit(params, 0.8)));
        ParetoFront found = new Evolution(100, 60, 0.9, 0.17, 1).run(bound, List.of(), 1);
        ParetoFront exact = ExactFront.of(bound);
        assertTrue(found.members().size() > 10);
        found.members().forEach(i -> assertTrue(params.of(i.architecture().choices()) <= 0.8));
        double share = found.hypervolume(bound.worst()) / exact.hypervolume(bound.worst());
        assertTrue(share > 0.98 && share <= 1, "share " + share);
    }

    @Test
    void valuesThatAreNotFiniteNeverReachTheFront() {
        AdditiveProblem inner = Tables.problem(5, 4, 8, 2);
        double[][] scores = inner.objectives().getFirst().blocks();
        scores[1][3] = Double.NEGATIVE_INFINITY;
        scores[2][0] = Double.NaN;
        ParetoFront front = USUAL.run(inner, List.of(), 1);
        assertTrue(front.members().size() > 3);
        for (Individual i : front.members()) {
            assertTrue(i.architecture().choice(1) != 3 && i.architecture().choice(2) != 0);
        }
    }

    @Test
    void knownArchitecturesStartTheSearch() {
        AdditiveProblem problem = Tables.problem(8, 8, 40, 2);
        List<Architecture> known = ExactFront.of(problem).members().stream()
                .map(Individual::architecture)
                .limit(50)
                .toList();
        ParetoFront first = new Evolution(100, 1, 0.9, 0.1, 1).run(problem, known, 1);
        for (Architecture a : known) {
            assertTrue(first.members().stream().anyMatch(i -> i.architecture().equals(a)));
        }
    }

    @Test
    void aFailingEvaluationReachesTheCaller() {
        AdditiveProblem inner = Tables.problem(1, 4, 22, 2);
        Problem failing = new Problem() {
            @Override
            public int[] options() {
                return inner.options();
            }

            @Override
            public List<Goal> goals() {
                return inner.goals();
            }

            @Override
            public void rate(int[] choices, double[] objectives, double[] excess) {
                throw new IllegalStateException("no device");
            }
        };
        for (int threads : new int[] {1, 4}) {
            IllegalStateException e =
                    assertThrows(IllegalStateException.class, () -> USUAL.run(failing, List.of(), threads));
            assertEquals("no device", e.getMessage());
        }
        assertThrows(DonnaException.InvalidInput.class, () -> new Evolution(1, 1, 0.5, 0.5, 1));
    }

    @Test
    void fourGoalsAndUnevenBlocksAreSearched() {
        int[] options = {1, 4096, 3, 17, 2};
        List<Problem.Goal> goals = List.of(
                new Problem.Goal("a", false),
                new Problem.Goal("b", true),
                new Problem.Goal("c", false),
                new Problem.Goal("d", true));
        Problem problem = new Problem() {
            @Override
            public int[] options() {
                return options;
            }

            @Override
            public List<Goal> goals() {
                return goals;
            }

            @Override
            public void rate(int[] choices, double[] objectives, double[] excess) {
                for (int n = 0; n < options.length; n++) {
                    assertTrue(choices[n] < options[n], "choice " + choices[n] + " of " + options[n]);
                }
                objectives[0] = choices[1] / 256;
                objectives[1] = choices[3];
                objectives[2] = choices[3] + choices[2];
                objectives[3] = choices[4];
            }
        };
        ParetoFront front = new Evolution(60, 60, 0.9, 0.2, 3).run(problem, List.of(), 2);
        // b and c trade off by choice 3 alone; the best of all others is one value
        assertEquals(17, front.members().size());
        for (Individual i : front.members()) {
            Architecture a = i.architecture();
            assertTrue(a.choice(1) < 256 && a.choice(2) == 0 && a.choice(4) == 1, i.toString());
        }
    }

    @Test
    void everyVariationFindsTheFrontOfASmallSpace() {
        AdditiveProblem problem = Tables.problem(11, 5, 6, 2);
        List<List<Double>> exact = Tables.values(ExactFront.of(problem));
        for (Variation.Crossover crossover : Variation.Crossover.values()) {
            for (Variation.Mutation mutation : Variation.Mutation.values()) {
                Variation variation = new Variation(crossover, 0.9, mutation, 0.25);
                Evolution evolution = new Evolution(120, variation, Stop.generations(80), 1);
                List<List<Double>> found = Tables.values(evolution.run(problem, List.of(), 1));
                long met = exact.stream().filter(found::contains).count();
                assertTrue(met >= 0.95 * exact.size(), variation + " met " + met + " of " + exact.size());
            }
        }
    }

    @Test
    void everyBoundEndsTheSearch() {
        AdditiveProblem inner = Tables.problem(4, 5, 22, 2);
        Variation variation = Variation.uniform(0.9, 0.2);
        AtomicInteger rated = new AtomicInteger();
        Counting problem = new Counting(inner, rated, ConcurrentHashMap.newKeySet());
        Stop never = Stop.generations(100_000);

        new Evolution(50, variation, never.or(Stop.evaluations(777)), 1).run(problem, List.of(), 1);
        assertEquals(777, rated.getAndSet(0));

        long start = System.nanoTime();
        new Evolution(50, variation, never.or(Stop.seconds(0.05)), 1).run(problem, List.of(), 1);
        assertTrue((System.nanoTime() - start) / 1e9 >= 0.05 && rated.getAndSet(0) > 100);

        new Evolution(50, variation, never.or(Stop.stagnation(8, 1e-4)), 1).run(problem, List.of(), 1);
        int stagnant = rated.getAndSet(0);
        assertTrue(stagnant > 50 * 9 && stagnant < 50 * 2000, "stagnant after " + stagnant);
        new Evolution(50, variation, never.or(Stop.stagnation(8, 0.05)), 1).run(problem, List.of(), 1);
        assertTrue(rated.get() < stagnant, "stagnant after " + rated.get() + " and " + stagnant);

        assertThrows(DonnaException.InvalidInput.class, () -> Stop.generations(0));
        assertThrows(
                DonnaException.InvalidInput.class,
                () -> Stop.stagnation(3, 0.1).or(Stop.stagnation(4, 0.1)));
    }

    @Test
    void aSearchEndsWhenTheSpaceIsExhausted() {
        AtomicInteger rated = new AtomicInteger();
        Set<Architecture> different = ConcurrentHashMap.newKeySet();
        Counting problem = new Counting(Tables.problem(2, 2, 3, 2), rated, different);
        new Evolution(100, Variation.uniform(0.9, 0.5), Stop.evaluations(1_000_000), 1).run(problem, List.of(), 1);
        assertEquals(9, rated.get());
        assertEquals(9, different.size());
    }

    @Test
    void aSearchIsStoppedWhenTheUserAsks() {
        AdditiveProblem problem = Tables.problem(3, 8, 30, 2);
        AtomicInteger asked = new AtomicInteger();
        Progress stopping = new Progress() {
            @Override
            public void phase(String name) {}

            @Override
            public void update(long done, long total, String unit) {}

            @Override
            public void line(String text) {}

            @Override
            public boolean cancelled() {
                return asked.incrementAndGet() > 3;
            }
        };
        Evolution endless = new Evolution(1000, 1_000_000, 0.9, 0.1, 1);
        for (int threads : new int[] {1, 3}) {
            asked.set(0);
            assertThrows(
                    DonnaException.Cancelled.class, () -> endless.run(problem, List.of(), threads, stopping));
            asked.set(0);
            assertThrows(
                    DonnaException.Cancelled.class,
                    () -> RandomSearch.run(problem, Long.MAX_VALUE / 2, 1, threads, stopping));
        }
        asked.set(0);
        ExactFront.Bounds usual = new ExactFront.Bounds(new double[0], ExactFront.USUAL_BYTES);
        assertThrows(DonnaException.Cancelled.class, () -> ExactFront.solve(problem, usual, stopping));
    }

    @Test
    void aSpaceThatIsTooLargeOrAnArchitectureOutsideIsRefused() {
        AdditiveProblem problem = Tables.problem(1, 4, 5, 2);
        String outside = assertThrows(
                        DonnaException.InvalidInput.class,
                        () -> USUAL.run(problem, List.of(new Architecture(0, 1, 2, 5)), 1))
                .getMessage();
        assertTrue(outside.contains("0-1-2-5"), outside);
        String large = assertThrows(
                        DonnaException.InvalidInput.class,
                        () -> USUAL.run(Tables.problem(1, 65, 2, 2), List.of(), 1))
                .getMessage();
        assertTrue(large.contains("1 to 64 blocks"), large);
    }

    private record Counting(AdditiveProblem inner, AtomicInteger rated, Set<Architecture> different)
            implements Problem {
        @Override
        public int[] options() {
            return inner.options();
        }

        @Override
        public List<Goal> goals() {
            return inner.goals();
        }

        @Override
        public void rate(int[] choices, double[] objectives, double[] excess) {
            rated.incrementAndGet();
            different.add(new Architecture(choices));
            inner.rate(choices, objectives, excess);
        }
    }
}
