package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.evolve.AdditiveProblem.Limit;
import donna.evolve.AdditiveProblem.Term;
import donna.jobs.Progress;
import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class IslandsTest {
    private static final Variation USUAL = Variation.uniform(0.9, 0.2);

    private static Evolution islands(int population, int islands, Stop stop) {
        return new Evolution(population, islands, USUAL, stop, 5);
    }

    @Test
    void anyNumberOfThreadsGivesTheSameFront() {
        for (int goals = 2; goals <= 3; goals++) {
            AdditiveProblem problem = Tables.problem(3, 8, 30, goals);
            Set<ParetoFront> fronts = new HashSet<>();
            int[] counts = {1, 2, 3, 7, 16};
            for (int islands : counts) {
                Evolution evolution = islands(301, islands, Stop.generations(23));
                ParetoFront one = evolution.run(problem, List.of(), 1);
                for (int threads : new int[] {2, 3, 16}) {
                    assertEquals(
                            one, evolution.run(problem, List.of(), threads), islands + " islands, " + threads + " threads");
                }
                fronts.add(one);
            }
            assertEquals(counts.length, fronts.size());
        }
    }

    @Test
    void boundsOnEvaluationsAndGenerationsAreKeptExactly() {
        for (int islands : new int[] {1, 2, 3, 7, 16}) {
            for (int bound : new int[] {1, 5, 100, 101, 777, 1010, 1011}) {
                assertEquals(
                        bound,
                        rated(islands(101, islands, Stop.evaluations(bound))),
                        islands + " islands, evaluations");
            }
            for (int generations : new int[] {1, 4, 5, 6, 13}) {
                Stop stop = Stop.generations(generations);
                assertEquals(101 * generations, rated(islands(101, islands, stop)), islands + " islands, generations");
                assertEquals(
                        Math.min(950, 101 * generations), rated(islands(101, islands, stop.or(Stop.evaluations(950)))));
            }
        }
    }

    private static int rated(Evolution evolution) {
        AtomicInteger rated = new AtomicInteger();
        evolution.run(new Watched(Tables.problem(4, 8, 30, 2), c -> rated.incrementAndGet()), List.of(), 2);
        return rated.get();
    }

    @Test
    void theFrontIsThatOfAllArchitecturesAsNearlyAsOnePopulationsIs() {
        double[] share = new double[2];
        for (int seed = 0; seed < 10; seed++) {
            AdditiveProblem problem = Tables.problem(seed, 4, 22, 2);
            double exact = ExactFront.of(problem).hypervolume(problem.worst());
            for (int i = 0; i < 2; i++) {
                Evolution evolution = new Evolution(200, 1 + 3 * i, USUAL, Stop.generations(30), seed);
                ParetoFront front = evolution.run(problem, List.of(), 1);
                assertNothingIsDominatedOrThereTwice(problem, front);
                share[i] += front.hypervolume(problem.worst()) / exact / 10;
            }
        }
        assertTrue(share[1] > 0.997 && share[1] <= 1, "four islands " + share[1]);
        assertTrue(share[1] > share[0] - 5e-4, "one population " + share[0] + ", four islands " + share[1]);
    }

    private static void assertNothingIsDominatedOrThereTwice(AdditiveProblem problem, ParetoFront front) {
        assertEquals(front.members().size(), Tables.frontByPairs(problem, front.members()).size());
        assertEquals(
                front.members().size(),
                front.members().stream().map(Individual::architecture).distinct().count());
        double[] values = new double[2];
        for (Individual i : front.members()) {
            problem.rate(i.architecture().choices(), values, new double[0]);
            assertEquals(i, new Individual(i.architecture(), values));
        }
    }

    @Test
    void knownArchitecturesOfTheTrueFrontSurvive() {
        for (int islands : new int[] {2, 5, 7}) {
            AdditiveProblem problem = Tables.problem(8, 4, 8, 2);
            ParetoFront exact = ExactFront.of(problem);
            List<Architecture> known =
                    exact.members().stream().map(Individual::architecture).toList();
            assertTrue(known.size() > 30 && known.size() <= 420 / islands, known.size() + " on the front fit an island");
            for (int generations : new int[] {1, 22}) {
                ParetoFront found = islands(420, islands, Stop.generations(generations)).run(problem, known, 2);
                assertEquals(exact, found, islands + " islands, " + generations + " generations");
            }
        }
    }

    @Test
    void constraintsHoldOnTheFrontOfIslandsThatBeginWithoutFeasibleArchitectures() {
        AdditiveProblem free = Tables.problem(7, 6, 12, 2);
        Term params = new Term("params", false, 0, Tables.table(77, 6, 12));
        AdditiveProblem bound = new AdditiveProblem(free.objectives(), List.of(new Limit(params, 0.8)));
        ParetoFront found = islands(203, 6, Stop.generations(40)).run(bound, List.of(), 2);
        found.members().forEach(i -> assertTrue(params.of(i.architecture().choices()) <= 0.8));
        double share = found.hypervolume(bound.worst()) / ExactFront.of(bound).hypervolume(bound.worst());
        assertTrue(share > 0.98 && share <= 1, "share " + share);
    }

    @Test
    void timeAndStagnationAndAnExhaustedSpaceEndTheSearch() {
        Stop never = Stop.generations(1_000_000);
        assertTrue(rated(islands(60, 4, never.or(Stop.seconds(0.05)))) >= 60 * 5);

        int stagnant = rated(islands(60, 4, never.or(Stop.stagnation(8, 1e-4))));
        assertEquals(0, stagnant % (60 * 5), "whole epochs");
        // the window of 8 generations takes two epochs after a first one
        assertTrue(stagnant >= 60 * 15 && stagnant < 60 * 2000, "stagnant after " + stagnant);
        assertEquals(60 * 15, rated(islands(60, 4, never.or(Stop.stagnation(8, 1e9)))));

        AdditiveProblem tiny = Tables.problem(2, 2, 3, 2);
        ParetoFront front = islands(100, 4, Stop.evaluations(1_000_000_000)).run(tiny, List.of(), 2);
        assertEquals(Tables.values(ExactFront.of(tiny)), Tables.values(front));
    }

    @Test
    void everyIslandAsksInEveryGenerationWhetherToStop() {
        AdditiveProblem problem = Tables.problem(3, 8, 30, 2);
        for (int threads : new int[] {1, 3}) {
            Asked all = new Asked(Integer.MAX_VALUE, new AtomicInteger());
            islands(100, 4, Stop.generations(10)).run(problem, List.of(), threads, all);
            assertTrue(all.asked().get() >= 40, "asked " + all.asked());
            Asked soon = new Asked(13, new AtomicInteger());
            Evolution endless = islands(100, 4, Stop.generations(1_000_000));
            assertThrows(DonnaException.Cancelled.class, () -> endless.run(problem, List.of(), threads, soon));
        }
    }

    @Test
    void aFailingEvaluationReachesTheCaller() {
        Problem failing = new Watched(Tables.problem(1, 4, 22, 2), c -> {
            throw new IllegalStateException("no device");
        });
        Evolution evolution = islands(100, 4, Stop.generations(10));
        for (int threads : new int[] {1, 3, 8}) {
            IllegalStateException e =
                    assertThrows(IllegalStateException.class, () -> evolution.run(failing, List.of(), threads));
            assertEquals("no device", e.getMessage());
        }
    }

    @Test
    void allThreadsRateWhereTheyAreMoreThanIslands() {
        int threads = 4;
        for (int islands : new int[] {1, 2, 4}) {
            Set<Thread> rating = ConcurrentHashMap.newKeySet();
            CountDownLatch met = new CountDownLatch(threads);
            Problem slow = new Watched(Tables.problem(1, 4, 22, 2), c -> {
                if (rating.add(Thread.currentThread())) {
                    met.countDown();
                }
                await(met);
            });
            islands(100, islands, Stop.generations(1)).run(slow, List.of(), threads);
            assertEquals(threads, rating.size(), islands + " islands");
        }
    }

    /** Until all threads have come; whoever waits in vain lets the test fail in the end. */
    private static void await(CountDownLatch met) {
        try {
            met.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void largePopulationsHaveIslandsAndTooManyAreRefused() {
        int[][] usual = {{2, 1}, {249, 1}, {250, 2}, {1000, 8}, {2000, 16}, {1_000_000, 16}};
        for (int[] u : usual) {
            assertEquals(u[1], new Evolution(u[0], 50, 0.5, 0.05, 1).islands(), "population " + u[0]);
        }
        for (int islands : new int[] {0, 11}) {
            String refusal = assertThrows(
                            DonnaException.InvalidInput.class, () -> islands(21, islands, Stop.generations(1)))
                    .getMessage();
            assertEquals(
                    "evolution of a population of 21 on " + islands + " islands; expected 1 to 10, so that each has two",
                    refusal);
        }
    }

    @Test
    void searchesThatAreToldRefuseIslands() {
        AdditiveProblem problem = Tables.problem(1, 4, 22, 2);
        Evolution two = islands(20, 2, Stop.generations(3));
        String asking = assertThrows(
                        DonnaException.InvalidInput.class,
                        () -> new AskTell(two, problem.options(), problem.goals(), List.of(), false))
                .getMessage();
        String measuring = assertThrows(
                        DonnaException.InvalidInput.class,
                        () -> new MeasuredEvolution(two, 1, 1, MeasuredEvolution.Order.ASKED))
                .getMessage();
        String rest = " with an evolution of 2 islands; expected one population, as withIslands(1) makes it";
        assertEquals(List.of("asking and telling" + rest, "measured evolution" + rest), List.of(asking, measuring));
        new AskTell(two.withIslands(1), problem.options(), problem.goals(), List.of(), false);
    }

    /** Asks to stop when it has been asked more than {@code atMost} times. */
    private record Asked(int atMost, AtomicInteger asked) implements Progress {
        @Override
        public void phase(String name) {}

        @Override
        public void update(long done, long total, String unit) {}

        @Override
        public void line(String text) {}

        @Override
        public boolean cancelled() {
            return asked.incrementAndGet() > atMost;
        }
    }

    /** Tells {@code watcher} of every rating. */
    private record Watched(AdditiveProblem inner, Consumer<int[]> watcher) implements Problem {
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
            watcher.accept(choices);
            inner.rate(choices, objectives, excess);
        }
    }
}
