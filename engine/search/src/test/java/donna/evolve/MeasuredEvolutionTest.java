package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.evolve.MeasuredEvolution.Measurement;
import donna.evolve.MeasuredEvolution.Order;
import donna.evolve.MeasuredEvolution.Outcome;
import donna.jobs.Progress;
import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MeasuredEvolutionTest {
    private static final AdditiveProblem PROBLEM = Tables.problem(3, 5, 15, 2);
    private static final Evolution TWO_HUNDRED =
            new Evolution(20, Variation.uniform(0.9, 0.2), Stop.evaluations(200), 4);

    private static Outcome run(MeasuredEvolution search, MeasuredEvolution.Evaluator evaluator) {
        return search.run(evaluator, PROBLEM.options(), PROBLEM.goals(), List.of(), Progress.NONE);
    }

    @Test
    void theBudgetIsSpentOnDifferentArchitecturesAndTheFrontIsThatOfAllMeasured() {
        for (Order order : Order.values()) {
            Set<Architecture> seen = ConcurrentHashMap.newKeySet();
            Outcome out = run(new MeasuredEvolution(TWO_HUNDRED, 3, 10, order), a -> {
                assertTrue(seen.add(a), "measured twice: " + a);
                return AskTellTest.rate(PROBLEM, a);
            });
            assertEquals(200, seen.size());
            assertEquals(
                    IntStream.range(0, 200).mapToObj(Long::valueOf).toList().toString(),
                    out.measurements().stream().map(Measurement::number).toList().toString());
            assertEquals(
                    ParetoFront.of(
                            PROBLEM.goals(),
                            seen.stream()
                                    .map(a -> new Individual(
                                            a, AskTellTest.rate(PROBLEM, a).objectives()))
                                    .toList()),
                    out.front());
            double share = out.front().hypervolume(PROBLEM.worst())
                    / ExactFront.of(PROBLEM).hypervolume(PROBLEM.worst());
            assertTrue(share > 0.8 && share <= 1, order + " share " + share);
        }
    }

    @Test
    void countedAsAskedItIsTheSameSearchForAnyWorkersAndDurations() {
        List<Architecture> alone = asked(1, 0);
        assertEquals(alone, asked(4, 300));
        assertEquals(alone, asked(7, 100));
    }

    private static List<Architecture> asked(int workers, int mostMicroseconds) {
        AtomicInteger failures = new AtomicInteger();
        Outcome out = run(new MeasuredEvolution(TWO_HUNDRED, workers, 10, Order.ASKED), a -> {
            if (mostMicroseconds > 0) {
                Thread.sleep(0, 1000 * (Math.abs(a.hashCode()) % mostMicroseconds));
            }
            if (a.choice(1) == 3) {
                failures.incrementAndGet();
                throw new IllegalStateException("no such kernel");
            }
            return AskTellTest.rate(PROBLEM, a);
        });
        assertTrue(failures.get() > 0);
        assertEquals(
                failures.get(),
                out.measurements().stream()
                        .filter(m -> m.why().filter(w -> w.contains("no such kernel")).isPresent())
                        .count());
        out.front().members().forEach(i -> assertTrue(i.architecture().choice(1) != 3));
        return out.measurements().stream().map(Measurement::architecture).toList();
    }

    @Test
    void aSlowEvaluationKeepsNoOtherWaiting() {
        for (Order order : Order.values()) {
            CountDownLatch others = new CountDownLatch(15);
            AtomicInteger first = new AtomicInteger();
            Outcome out = run(new MeasuredEvolution(TWO_HUNDRED, 2, 60, order), a -> {
                if (first.getAndIncrement() == 0) {
                    // ends only because fifteen others were measured beside it
                    others.await();
                } else {
                    others.countDown();
                }
                return AskTellTest.rate(PROBLEM, a);
            });
            assertEquals(200, out.measurements().size());
            assertTrue(out.measurements().stream().allMatch(m -> m.why().isEmpty()));
        }
    }

    @Test
    void whatTakesTooLongIsInterruptedRecordedAndSurvived() {
        CountDownLatch never = new CountDownLatch(1);
        Evolution forty = new Evolution(10, Variation.uniform(0.9, 0.2), Stop.evaluations(40), 4);
        AtomicInteger number = new AtomicInteger();
        AtomicInteger interrupted = new AtomicInteger();
        Outcome out = run(new MeasuredEvolution(forty, 2, 0.2, Order.COMPLETED), a -> {
            int n = number.getAndIncrement();
            if (n == 3 || n == 11) {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    interrupted.incrementAndGet();
                    throw e;
                }
            }
            return AskTellTest.rate(PROBLEM, a);
        });
        assertEquals(40, out.measurements().size());
        List<Measurement> late =
                out.measurements().stream().filter(m -> m.why().isPresent()).toList();
        assertEquals(2, late.size());
        late.forEach(m -> assertTrue(m.failure().contains("longer than") && m.rating().isFailed(), m.toString()));
        late.forEach(m -> assertTrue(m.seconds() >= 0.2 && m.seconds() < 5, m.toString()));
        assertTrue(interrupted.get() <= 2);
    }

    @Test
    void aRatingWithTheWrongValuesIsAFailure() {
        Outcome out = run(new MeasuredEvolution(TWO_HUNDRED, 1, 10, Order.COMPLETED), a -> Rating.of(1));
        assertTrue(out.front().members().isEmpty());
        assertTrue(out.measurements().stream().allMatch(m -> m.failure().contains("expected 2 values")));
        assertThrows(
                DonnaException.InvalidInput.class,
                () -> new MeasuredEvolution(TWO_HUNDRED, 0, 10, Order.COMPLETED));
    }

    @Test
    void aSpaceSmallerThanTheBudgetIsMeasuredWhole() {
        AdditiveProblem small = Tables.problem(2, 2, 3, 2);
        for (Order order : Order.values()) {
            Outcome out = new MeasuredEvolution(TWO_HUNDRED, 2, 10, order)
                    .run(a -> AskTellTest.rate(small, a), small.options(), small.goals(), List.of(), Progress.NONE);
            assertEquals(9, out.measurements().size());
            assertEquals(Tables.values(ExactFront.of(small)), Tables.values(out.front()));
        }
    }

    @Test
    void itIsStoppedWhenTheUserAsks() {
        StoppedAt stopping = new StoppedAt(30);
        assertThrows(
                DonnaException.Cancelled.class,
                () -> new MeasuredEvolution(TWO_HUNDRED, 2, 10, Order.COMPLETED)
                        .run(
                                a -> AskTellTest.rate(PROBLEM, a),
                                PROBLEM.options(),
                                PROBLEM.goals(),
                                List.of(),
                                stopping));
        assertTrue(stopping.done().get() < 40, "measured " + stopping.done());
    }
}
