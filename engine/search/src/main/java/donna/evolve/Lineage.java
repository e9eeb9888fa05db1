package donna.evolve;

import donna.jobs.Progress;
import donna.space.Architecture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The islands of a search on their way. {@link #step} is one generation of a single island, or an epoch of several:
 * survivors are dealt out anew, then each island evolves by itself, so that threads meet twice in an epoch. It allocates
 * nothing unless the growth of the hypervolume is watched. For one thread, the captain of the crew.
 */
final class Lineage implements AutoCloseable {
    /** Generations of several islands between two exchanges. */
    private static final int EPOCH = 5;

    private final Evolution evolution;
    private final List<Problem.Goal> goals;
    private final Progress progress;
    private final Crew crew;
    private final Island[] islands;
    private final Population[] people;
    private final DividedRange range;
    private final Course course;
    private final Crew.Work send = this::send;
    private final Crew.Work evolve = this::evolve;
    private int generations;

    Lineage(Evolution evolution, Problem problem, List<Architecture> known, int threads, Progress progress) {
        this.evolution = evolution;
        this.goals = problem.goals();
        this.progress = progress;
        Problem.check(problem.options(), goals, known);
        int n = evolution.islands();
        int raters = Math.max(1, threads / n);
        islands = new Island[n];
        crew = new Crew(Math.clamp(threads, 1, n));
        // Each made by a thread of its own: large arrays take long to clear.
        crew.run(n, (from, to, worker) -> {
            for (int k = from; k < to; k++) {
                int capacity = Shares.size(evolution.population(), k, n);
                islands[k] = new Island(k, capacity, evolution, problem, dealt(known, k, n), raters, progress);
            }
        });
        people = Arrays.stream(islands).map(i -> i.people).toArray(Population[]::new);
        range = new DividedRange(people);
        course = new Course(evolution.stop(), n == 1 ? 1 : EPOCH, 0);
    }

    private static List<Architecture> dealt(List<Architecture> known, int k, int islands) {
        return IntStream.range(0, known.size())
                .filter(i -> i % islands == k)
                .mapToObj(known::get)
                .toList();
    }

    boolean ended() {
        return course.ended();
    }

    long generations() {
        return course.generations();
    }

    /** Breeds, rates and selects: one generation, or as many as an epoch has left. */
    void step() {
        progress.check();
        if (isDealt()) {
            range.divide((int) (course.generations() / EPOCH % goals.size()));
            crew.run(islands.length, send);
        }
        generations = course.generationsAhead(evolution.population());
        crew.run(islands.length, evolve);
        int rated = 0;
        int born = 0;
        for (Island i : islands) {
            rated += i.takeRated();
            born += i.born();
        }
        course.rated(rated);
        course.generationsEnded(generations, born, people);
    }

    private boolean isDealt() {
        return islands.length > 1 && course.generations() > 0;
    }

    private void send(int from, int to, int worker) {
        for (int k = from; k < to; k++) {
            range.send(k);
        }
    }

    private void evolve(int from, int to, int worker) {
        for (int k = from; k < to; k++) {
            if (isDealt()) {
                range.settle(k);
            }
            long left = course.evaluationsLeft();
            for (int g = 0; g < generations; g++) {
                int wanted = (int) Math.min(evolution.population(), left);
                left -= wanted;
                islands[k].step(course.generations() + g, Shares.size(wanted, k, islands.length));
            }
        }
    }

    /** The feasible front of the last generation of all islands. */
    ParetoFront front() {
        List<List<Individual>> best = new ArrayList<>(Collections.nCopies(people.length, List.of()));
        crew.run(people.length, (from, to, worker) -> {
            for (int k = from; k < to; k++) {
                best.set(k, people[k].best(goals));
            }
        });
        return ParetoFront.of(goals, best.stream().flatMap(List::stream).toList());
    }

    @Override
    public void close() {
        crew.close();
        for (Island i : islands) {
            i.close();
        }
    }
}
