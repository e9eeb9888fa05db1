package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.evolve.MeasuredEvolution.Measurement;
import donna.evolve.MeasuredEvolution.Order;
import donna.evolve.MeasuredEvolution.Outcome;
import donna.jobs.Progress;
import donna.run.ChildClassPath;
import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Searches that end before their time and go on from what they measured. */
class MeasuredEvolutionResumeIT {
    private static final AdditiveProblem PROBLEM = Tables.problem(3, 5, 15, 2);
    private static final int BUDGET = 120;
    private static final Evolution EVOLUTION =
            new Evolution(20, Variation.uniform(0.9, 0.2), Stop.evaluations(BUDGET), 4);

    private static Rating measure(Architecture a) {
        if (a.choice(1) == 3) {
            throw new IllegalStateException("no such kernel");
        }
        return AskTellTest.rate(PROBLEM, a);
    }

    private static Outcome run(Order order, int workers, Path folder, MeasuredEvolution.Evaluator evaluator) {
        return new MeasuredEvolution(EVOLUTION, workers, 60, order)
                .run(folder, evaluator, PROBLEM.options(), PROBLEM.goals(), List.of(), Progress.NONE);
    }

    private static List<String> course(Outcome out) {
        return out.measurements().stream()
                .map(m -> m.number() + " " + m.architecture() + " " + m.rating() + " " + m.failure())
                .toList();
    }

    /** The process that is killed: measures slowly into the folder given. */
    public static final class Slow {
        public static void main(String[] args) {
            run(Order.ASKED, 3, Path.of(args[0]), a -> {
                Thread.sleep(10 + Math.abs(a.hashCode()) % 20);
                return measure(a);
            });
        }
    }

    @Test
    void nothingMeasuredIsLostWhenTheProcessIsKilledAndTheRestHasTheSameBits(@TempDir Path temp)
            throws IOException, InterruptedException {
        Path folder = temp.resolve("killed");
        for (int most : new int[] {15, 55}) {
            Process child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                            "-cp",
                            ChildClassPath.text(),
                            Slow.class.getName(),
                            folder.toString())
                    .inheritIO()
                    .start();
            while (child.isAlive() && measured(folder) < most) {
                Thread.sleep(5);
            }
            assertTrue(child.isAlive(), "the process ended before it could be killed");
            child.destroyForcibly();
            assertTrue(child.waitFor(60, TimeUnit.SECONDS));
        }
        long before = measured(folder);
        assertTrue(before >= 55 && before < BUDGET, "measured " + before);

        AtomicInteger anew = new AtomicInteger();
        Outcome resumed = run(Order.ASKED, 2, folder, a -> {
            anew.incrementAndGet();
            return measure(a);
        });
        assertEquals(BUDGET - before, anew.get());
        Outcome whole = run(Order.ASKED, 1, temp.resolve("whole"), MeasuredEvolutionResumeIT::measure);
        assertEquals(course(whole), course(resumed));
        assertEquals(whole.front(), resumed.front());
    }

    private static long measured(Path folder) throws IOException {
        if (Files.notExists(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".measurement.json")).count();
        }
    }

    @Test
    void stoppedAnywhereItGoesOnAsIfNothingHadHappened(@TempDir Path temp) {
        for (Order order : Order.values()) {
            Path other = temp.resolve("whole" + order);
            List<String> whole = course(run(order, 1, other, MeasuredEvolutionResumeIT::measure));
            for (int stopAt = 1; stopAt < BUDGET; stopAt += 13) {
                Path folder = temp.resolve(order + "-" + stopAt);
                int[] calls = {0};
                int end = stopAt;
                assertThrows(
                        DonnaException.Cancelled.class,
                        () -> new MeasuredEvolution(EVOLUTION, 1, 60, order)
                                .run(
                                        folder,
                                        MeasuredEvolutionResumeIT::measure,
                                        PROBLEM.options(),
                                        PROBLEM.goals(),
                                        List.of(),
                                        new StoppedAt(end)));
                List<String> resumed = course(run(order, 1, folder, a -> {
                    calls[0]++;
                    return measure(a);
                }));
                assertEquals(whole, resumed, order + " stopped at " + stopAt);
                assertTrue(calls[0] <= BUDGET - stopAt, "measured " + calls[0] + " anew after " + stopAt);
                assertEquals(whole, course(run(order, 1, folder, a -> {
                    throw new AssertionError("measured after the end: " + a);
                })));
            }
        }
    }

    @Test
    void countedAsCompletedNothingIsMeasuredTwiceByAnyNumberOfWorkers(@TempDir Path temp) {
        Set<Architecture> finished = ConcurrentHashMap.newKeySet();
        for (int stopAt = 20; stopAt <= 100; stopAt += 20) {
            int end = stopAt;
            assertThrows(
                    DonnaException.Cancelled.class,
                    () -> new MeasuredEvolution(EVOLUTION, 4, 60, Order.COMPLETED)
                            .run(
                                    temp,
                                    MeasuredEvolutionResumeIT::measure,
                                    PROBLEM.options(),
                                    PROBLEM.goals(),
                                    List.of(),
                                    new StoppedAt(end)));
        }
        Outcome out = run(Order.COMPLETED, 4, temp, a -> {
            assertTrue(finished.add(a));
            return measure(a);
        });
        assertEquals(BUDGET, out.measurements().size());
        assertEquals(BUDGET, new HashSet<>(out.measurements().stream().map(Measurement::architecture).toList()).size());
        assertTrue(finished.size() <= 20, "measured " + finished.size() + " after 100 were");
    }

    @Test
    void anotherSearchOrAnAlteredFolderIsRefused(@TempDir Path temp) throws IOException {
        run(Order.ASKED, 1, temp, MeasuredEvolutionResumeIT::measure);
        String other = assertThrows(
                        DonnaException.InvalidInput.class,
                        () -> run(Order.COMPLETED, 1, temp, MeasuredEvolutionResumeIT::measure))
                .getMessage();
        assertTrue(other.contains("holds the measurements of a search with another"), other);
        Files.copy(temp.resolve("000003.measurement.json"), temp.resolve("000120.measurement.json"));
        String altered = assertThrows(
                        DonnaException.InvalidInput.class,
                        () -> run(Order.ASKED, 1, temp, MeasuredEvolutionResumeIT::measure))
                .getMessage();
        assertTrue(altered.contains("its folder was altered"), altered);
        Files.delete(temp.resolve("000003.measurement.json"));
        assertThrows(
                DonnaException.InvalidInput.class,
                () -> run(Order.ASKED, 1, temp, MeasuredEvolutionResumeIT::measure));
    }
}
