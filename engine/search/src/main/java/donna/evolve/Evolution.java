package donna.evolve;

import donna.jobs.Progress;
import donna.space.Architecture;
import donna.spec.EvolutionSpec;
import donna.tensor.DonnaException;
import java.util.List;

/**
 * NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002) over one choice per block: binary tournaments, elitist selection by
 * rank and crowding, constraints by Deb's rules, no genome twice in a generation. {@link #run} is for ratings that cost
 * little; {@link MeasuredEvolution} waits for those that take long, and {@link AskTell} leaves rating to others.
 *
 * @param population survivors of each generation
 * @param variation how children differ from their parents
 * @param stop when to end
 * @param seed key of all randomness
 */
public record Evolution(int population, Variation variation, Stop stop, long seed) {
    /** Most survivors: flat arrays over parents and children must have room for 64 blocks each. */
    private static final int MAX_POPULATION = 1 << 23;

    public Evolution {
        if (population < 2 || population > MAX_POPULATION) {
            throw new DonnaException.InvalidInput("evolution of a population of " + population + "; expected 2 to "
                    + MAX_POPULATION);
        }
    }

    /** Uniform crossover and reset mutation, for a number of generations. */
    public Evolution(int population, int generations, double crossover, double mutation, long seed) {
        this(population, Variation.uniform(crossover, mutation), Stop.generations(generations), seed);
    }

    /** As a spec words it. */
    public static Evolution of(EvolutionSpec spec, long seed) {
        return new Evolution(spec.population(), spec.generations(), spec.crossover(), spec.mutation(), seed);
    }

    /** Searches by the spec's algorithm; random search rates as many architectures as evolution would. */
    public static ParetoFront search(
            EvolutionSpec spec, Problem problem, long seed, int threads, Progress progress) {
        Evolution evolution = of(spec, seed);
        return switch (spec.algorithm()) {
            case NSGA2 -> evolution.run(problem, List.of(), threads, progress);
            case RANDOM -> RandomSearch.run(problem, evolution.evaluations(), seed, threads, progress);
        };
    }

    /** Most architectures rated; fewer where the space runs out of new ones. {@code Long.MAX_VALUE} if not bounded. */
    public long evaluations() {
        long all = stop.generations() > Long.MAX_VALUE / population ? Long.MAX_VALUE : population * stop.generations();
        return Math.min(all, stop.evaluations());
    }

    /** Evolves without being watched. */
    public ParetoFront run(Problem problem, List<Architecture> known, int threads) {
        return run(problem, known, threads, Progress.NONE);
    }

    /**
     * Evolves.
     *
     * @param known architectures of the first generation; the rest of it is random
     * @param threads that breed, rate and sort; the result does not depend on it
     * @param progress asked whether to stop, many times in a generation
     * @return the feasible front of the last generation
     */
    public ParetoFront run(Problem problem, List<Architecture> known, int threads, Progress progress) {
        try (Lineage lineage = new Lineage(this, problem, known, threads, progress)) {
            while (!lineage.ended()) {
                lineage.step();
            }
            return lineage.front();
        }
    }
}
