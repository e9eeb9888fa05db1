package donna.evolve;

import donna.jobs.Progress;
import donna.space.Architecture;
import donna.spec.Json;
import donna.tensor.DonnaException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * NSGA-II in its steady-state form over objectives that are measured: an evaluation takes milliseconds to minutes, on a
 * device or by a training, and several run at a time. None waits for another; what fails or takes too long is recorded
 * and never asked for again. What has been measured is kept in a folder, if one is named, and a search that was ended
 * in any way goes on from there.
 *
 * @param evolution of one island, with its budget: an evaluation is a measurement, failed ones included
 * @param workers evaluations at a time
 * @param timeOutSeconds after which an evaluation is interrupted and left alone
 * @param order in which results count
 */
public record MeasuredEvolution(Evolution evolution, int workers, double timeOutSeconds, Order order) {
    private static final long PARK_NANOS = 20_000_000;

    /** In which order results count. */
    public enum Order {
        /** As they come: the next architecture knows all results, and the search differs from run to run. */
        COMPLETED,
        /**
         * As they were asked: the same search for any number of workers and any durations, time-outs aside. An
         * architecture knows the results up to a population before it, so that a slow evaluation is waited for only
         * after a population of others.
         */
        ASKED
    }

    /** Rates an architecture; called by several threads at a time. */
    public interface Evaluator {
        /** A rating; whatever is thrown is recorded as a failure. Interrupted when it takes too long. */
        Rating rate(Architecture architecture) throws Exception;
    }

    /**
     * One evaluation.
     *
     * @param number in the order of asking
     * @param architecture what was rated
     * @param rating failed if there is a failure
     * @param failure in words; null if there is none
     * @param seconds from its start to when it was noticed
     */
    public record Measurement(long number, Architecture architecture, Rating rating, String failure, double seconds) {
        /** What went wrong. */
        public Optional<String> why() {
            return Optional.ofNullable(failure);
        }
    }

    /**
     * What a search gave.
     *
     * @param front of all that was measured and feasible
     * @param measurements by number
     */
    public record Outcome(ParetoFront front, List<Measurement> measurements) {}

    public MeasuredEvolution {
        evolution.checkOneIsland("measured evolution");
        if (workers < 1 || !(timeOutSeconds > 0)) {
            throw new DonnaException.InvalidInput("measured evolution with " + workers + " workers and a time-out of "
                    + timeOutSeconds + " s; expected at least 1 worker and a time above 0");
        }
    }

    /** As {@link #run(Path, Evaluator, int[], List, List, Progress)}, without keeping anything. */
    public Outcome run(
            Evaluator evaluator,
            int[] options,
            List<Problem.Goal> goals,
            List<Architecture> known,
            Progress progress) {
        return run(Optional.empty(), evaluator, options, goals, known, progress);
    }

    /**
     * Searches to the end of its budget. A measurement is in the folder before its result counts; what is there at the
     * start is not measured again, and the search goes on as if it had never been ended: what was under way is measured
     * anew, and all that follows is the same, as far as the order of results is.
     *
     * @param folder of this search alone, made if it is not there
     * @param options of each block
     * @param goals in the order of the values rated
     * @param known measured first
     * @param progress told how many are measured, asked whether to stop
     * @throws DonnaException.InvalidInput if the folder holds another search, or was altered
     */
    public Outcome run(
            Path folder,
            Evaluator evaluator,
            int[] options,
            List<Problem.Goal> goals,
            List<Architecture> known,
            Progress progress) {
        String fingerprint = Json.hash(List.of(evolution, order, window(), options, goals, known));
        return run(
                Optional.of(new MeasurementFolder(folder, fingerprint)), evaluator, options, goals, known, progress);
    }

    private Outcome run(
            Optional<MeasurementFolder> kept,
            Evaluator evaluator,
            int[] options,
            List<Problem.Goal> goals,
            List<Architecture> known,
            Progress progress) {
        try (Run run = new Run(kept, evaluator, options, goals, known, progress)) {
            return run.toTheEnd();
        }
    }

    /** Architectures asked for and not told at a time. */
    private int window() {
        return order == Order.ASKED ? evolution.population() : Math.min(workers, evolution.population());
    }

    /** One search under way; for the thread that made it, the captain of its posts. */
    private final class Run implements AutoCloseable {
        private final Evaluator evaluator;
        private final List<Problem.Goal> goals;
        private final Progress progress;
        private final AskTell search;
        private final Optional<MeasurementFolder> kept;
        private final long start = System.nanoTime();
        private final Post[] posts = new Post[workers];
        private final List<Architecture> asked = new ArrayList<>();
        private final Deque<Integer> ready = new ArrayDeque<>();
        private final List<Measurement> measurements = new ArrayList<>();
        private final Map<Long, Measurement> early = new HashMap<>();
        private long told;
        private double spentSeconds;

        Run(
                Optional<MeasurementFolder> kept,
                Evaluator evaluator,
                int[] options,
                List<Problem.Goal> goals,
                List<Architecture> known,
                Progress progress) {
            this.kept = kept;
            this.evaluator = evaluator;
            this.goals = goals;
            this.progress = progress;
            search = new AskTell(evolution, options, goals, known, true);
            Arrays.setAll(posts, i -> new Post(evaluator, goals.size()));
        }

        Outcome toTheEnd() {
            refill();
            kept.ifPresent(this::replay);
            while (asked.size() > measurements.size() || !search.ended()) {
                progress.check();
                if (asked.size() == measurements.size()) {
                    refill();
                }
                boolean moved = false;
                for (int i = 0; i < posts.length; i++) {
                    moved |= attend(i);
                }
                if (!moved) {
                    LockSupport.parkNanos(this, PARK_NANOS);
                }
            }
            measurements.sort(Comparator.comparingLong(Measurement::number));
            List<Individual> feasible = measurements.stream()
                    .filter(m -> m.rating().isFeasible())
                    .map(m -> new Individual(m.architecture(), m.rating().objectives()))
                    .toList();
            return new Outcome(ParetoFront.of(goals, feasible), List.copyOf(measurements));
        }

        /** Takes from a post what it has done and gives it more; whether there was anything. */
        private boolean attend(int i) {
            boolean moved = false;
            if (posts[i].isDone()) {
                finished(posts[i].take());
                moved = true;
            } else if (!posts[i].isIdle() && posts[i].seconds() > timeOutSeconds && posts[i].leave()) {
                Measurement late = posts[i].timedOut();
                posts[i] = new Post(evaluator, goals.size());
                finished(late);
                moved = true;
            }
            if (posts[i].isIdle() && !ready.isEmpty()) {
                int number = ready.removeFirst();
                posts[i].give(number, asked.get(number));
                moved = true;
            }
            return moved;
        }

        private void finished(Measurement m) {
            keep(m);
            count(m);
        }

        private void keep(Measurement m) {
            kept.ifPresent(k -> k.add(m, spentSeconds + (System.nanoTime() - start) / 1e9));
        }

        /** Counts what was measured before, as if its results came in the same order again. */
        private void replay(MeasurementFolder folder) {
            for (Measurement m : folder.measurements()) {
                if (m.number() >= asked.size() || !m.architecture().equals(asked.get((int) m.number()))
                        || !ready.remove((int) m.number())) {
                    throw new DonnaException.InvalidInput("measurement " + m.number() + " of " + m.architecture()
                            + ": this search does not ask for it there; its folder was altered, name another");
                }
                count(m);
            }
            spentSeconds = folder.spentSeconds();
            search.spent(spentSeconds);
        }

        private void count(Measurement m) {
            measurements.add(m);
            progress.update(measurements.size(), evolution.evaluations(), "measurements");
            if (order == Order.COMPLETED) {
                search.tell(m.architecture(), m.rating());
                refill();
                return;
            }
            early.put(m.number(), m);
            for (Measurement next = early.remove(told); next != null; next = early.remove(told)) {
                told++;
                search.tell(List.of(next.rating()));
                refill();
            }
        }

        /** Asks one at a time, so that what is asked depends on nothing but what has been told. */
        private void refill() {
            while (search.open().size() < window()) {
                List<Architecture> one = search.ask(1);
                if (one.isEmpty()) {
                    return;
                }
                ready.add(asked.size());
                asked.addAll(one);
            }
        }

        @Override
        public void close() {
            for (Post p : posts) {
                if (p != null && !p.leave()) {
                    keep(p.take());
                    p.leave();
                }
            }
        }
    }
}
