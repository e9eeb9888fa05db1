package donna.evolve;

import donna.jobs.Progress;
import donna.space.Architecture;
import donna.spec.EvolutionSpec;
import donna.tensor.DonnaException;
import java.util.List;

/**
 * NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002) over one choice per block: binary tournaments, elitist selection by
 * rank and crowding, constraints by Deb's rules, no genome twice in a population. {@link #run} is for ratings that cost
 * little; {@link MeasuredEvolution} waits for those that take long, and {@link AskTell} leaves rating to others.
 *
 * <p>Several islands evolve by themselves, so that threads seldom wait for each other (Cantu-Paz, "A Survey of Parallel
 * Genetic Algorithms", 1998). After every five generations, their survivors are sorted by one of the objectives, which
 * take turns, and each island goes on with one range of it (Hiroyasu, Miki, Watanabe 2000). Bounds on evaluations and
 * generations are kept as exactly as by one island; others are looked at after every five generations.
 *
 * @param population survivors of each generation, on all islands together
 * @param islands among which they are divided, at least two on each; the sizes differ by at most one
 * @param variation how children differ from their parents
 * @param stop when to end
 * @param seed key of all randomness
 */
public record Evolution(int population, int islands, Variation variation, Stop stop, long seed) {
    /** Most survivors: flat arrays over parents and children must have room for 64 blocks each. */
    private static final int MAX_POPULATION = 1 << 23;

    private static final int USUAL_ISLAND = 125;
    private static final int USUAL_MOST_ISLANDS = 16;

    public Evolution {
        if (population < 2 || population > MAX_POPULATION) {
            throw new DonnaException.InvalidInput("evolution of a population of " + population + "; expected 2 to "
                    + MAX_POPULATION);
        }
        if (islands < 1 || islands > population / 2) {
            throw new DonnaException.InvalidInput("evolution of a population of " + population + " on " + islands
                    + " islands; expected 1 to " + population / 2 + ", so that each has two");
        }
    }

    /** On as many islands as such a population usually has: one per 125, at least one and at most 16. */
    public Evolution(int population, Variation variation, Stop stop, long seed) {
        this(population, usualIslands(population), variation, stop, seed);
    }

    /** Uniform crossover and reset mutation, for a number of generations. */
    public Evolution(int population, int generations, double crossover, double mutation, long seed) {
        this(population, Variation.uniform(crossover, mutation), Stop.generations(generations), seed);
    }

    /** As a spec words it. */
    public static Evolution of(EvolutionSpec spec, long seed) {
        return new Evolution(
                spec.population(),
                spec.islands().orElse(usualIslands(spec.population())),
                Variation.uniform(spec.crossover(), spec.mutation()),
                Stop.generations(spec.generations()),
                seed);
    }

    private static int usualIslands(int population) {
        return Math.clamp(population / USUAL_ISLAND, 1, USUAL_MOST_ISLANDS);
    }

    /** The same with the population divided among {@code n} islands. */
    public Evolution withIslands(int n) {
        return new Evolution(population, n, variation, stop, seed);
    }

    /** Refuses several islands in the name of {@code what}, which works on one population. */
    void checkOneIsland(String what) {
        if (islands > 1) {
            throw new DonnaException.InvalidInput(what + " with an evolution of " + islands + " islands; expected one"
                    + " population, as withIslands(1) makes it");
        }
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
     * @param threads among which islands are shared, and the ratings of each where there are fewer islands; the result
     *     does not depend on it
     * @param progress asked whether to stop, by every island in every generation
     * @return the feasible front of the last generation on all islands
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
