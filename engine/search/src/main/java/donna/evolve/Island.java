package donna.evolve;

import donna.jobs.Progress;
import donna.space.Architecture;
import java.util.List;

/**
 * One of the populations of a search, with keys of randomness of its own. For one thread at a time, the captain of the
 * crew that rates.
 */
final class Island implements AutoCloseable {
    /** The seeds of islands are further apart than those that people give to searches. */
    private static final int SEED_SHIFT = 48;

    final Population people;
    private final Crew crew;
    private final Brood brood;
    private final Rater rater;
    private int rated;
    private int born;

    /**
     * @param number of the island; the first has the search's own seed
     * @param capacity most survivors
     * @param known architectures of the first generation; the rest of it is random
     * @param raters threads that rate
     */
    Island(
            int number,
            int capacity,
            Evolution evolution,
            Problem problem,
            List<Architecture> known,
            int raters,
            Progress progress) {
        int[] options = problem.options();
        people = new Population(capacity, options.length, problem.goals().size());
        long seed = evolution.seed() + ((long) number << SEED_SHIFT);
        brood = new Brood(people, new Breeding(seed, options, evolution.variation()), known, null);
        crew = new Crew(raters);
        rater = new Rater(problem, people, crew, progress);
    }

    /** Breeds, rates and selects a generation of up to {@code wanted} children. */
    void step(long generation, int wanted) {
        int survivors = people.size;
        int end = brood.append(survivors, wanted, generation, 0);
        rater.rate(survivors, end);
        people.select(0, end);
        born = end - survivors;
        rated += born;
    }

    /** How many were rated since this was last asked. */
    int takeRated() {
        int n = rated;
        rated = 0;
        return n;
    }

    /** How many of the last generation are new. */
    int born() {
        return born;
    }

    @Override
    public void close() {
        crew.close();
    }
}
