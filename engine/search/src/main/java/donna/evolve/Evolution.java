package donna.evolve;

import donna.space.Architecture;
import donna.spec.EvolutionSpec;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002) over one choice per block: binary tournaments, uniform crossover,
 * reset mutation, elitist
 * selection by rank and crowding, constraints by Deb's rules, no genome twice in a generation.
 *
 * @param population survivors of each generation
 * @param generations including the first, random one: {@code population * generations} architectures are rated
 * @param crossover probability that a child mixes two parents
 * @param mutation probability that a block's choice is drawn anew
 * @param seed key of all randomness
 */
public record Evolution(int population, int generations, double crossover, double mutation, long seed) {
    private static final int ATTEMPTS = 8;

    public Evolution {
        if (population < 2
                || generations < 1
                || !(crossover >= 0 && crossover <= 1)
                || !(mutation >= 0 && mutation <= 1)) {
            throw new DonnaException.InvalidInput("evolution of " + population + " x " + generations + ", crossover "
                    + crossover + ", mutation " + mutation
                    + "; expected a population of at least 2, at least 1 generation, probabilities from 0 to 1");
        }
    }

    /** As a spec words it. */
    public static Evolution of(EvolutionSpec spec, long seed) {
        return new Evolution(spec.population(), spec.generations(), spec.crossover(), spec.mutation(), seed);
    }

    /** Searches by the spec's algorithm; random search rates as many architectures as evolution would. */
    public static ParetoFront search(EvolutionSpec spec, Problem problem, long seed, int threads) {
        Evolution evolution = of(spec, seed);
        return switch (spec.algorithm()) {
            case NSGA2 -> evolution.run(problem, List.of(), threads);
            case RANDOM -> RandomSearch.run(problem, evolution.evaluations(), seed);
        };
    }

    /** Most architectures rated; fewer where the space runs out of new ones. */
    public long evaluations() {
        return (long) population * generations;
    }

    /**
     * Evolves.
     *
     * @param known architectures of the first generation; the rest of it is random
     * @param threads that rate; the result does not depend on it
     * @return the feasible front of the last generation
     */
    public ParetoFront run(Problem problem, List<Architecture> known, int threads) {
        int[] options = problem.options();
        Population people =
                new Population(population, options.length, problem.goals().size());
        Breeding breeding = new Breeding(seed, options, crossover, mutation);
        try (Crew crew = new Crew(Math.max(1, threads))) {
            Rater rater = new Rater(problem, people, crew);
            people.size = 0;
            for (int i = 0; i < Math.min(known.size(), population); i++) {
                System.arraycopy(known.get(i).choices(), 0, people.genes, i * options.length, options.length);
            }
            int given = Math.min(known.size(), population);
            int first = distinct(people, 0, given, (place, child, attempt) -> {
                if (attempt > 0 || child >= given) {
                    breeding.random(people.genes, place * options.length, child, attempt);
                }
            });
            rater.rate(0, first);
            people.select(first);
            for (int generation = 1; generation < generations; generation++) {
                int g = generation;
                int survivors = people.size;
                crew.run(population, (from, to, worker) -> {
                    for (int i = from; i < to; i++) {
                        breeding.child(people, survivors + i, g, i, 0);
                    }
                });
                int all = distinct(people, survivors, population, (place, child, attempt) -> {
                    if (attempt > 0) {
                        breeding.child(people, place, g, child, attempt);
                    }
                });
                rater.rate(survivors, all);
                people.select(all);
            }
        }
        return front(problem, people);
    }

    private interface Redraw {
        void draw(int place, int child, int attempt);
    }

    /**
     * Gives every newcomer behind the first {@code survivors} genes that nobody has yet, drawing again where needed;
     * those that find none
     * after some attempts are dropped. The number of individuals then.
     */
    private int distinct(Population people, int survivors, int drawn, Redraw redraw) {
        people.index(survivors);
        int end = survivors;
        for (int child = 0; child < population; child++) {
            if (child < drawn && end != survivors + child) {
                people.move(survivors + child, end);
            }
            boolean fresh = false;
            for (int attempt = 0; attempt < ATTEMPTS && !fresh; attempt++) {
                redraw.draw(end, child, attempt);
                fresh = people.addIfNew(end);
            }
            end += fresh ? 1 : 0;
        }
        return end;
    }

    private static ParetoFront front(Problem problem, Population people) {
        List<Individual> best = new ArrayList<>();
        for (int i = 0; i < people.size; i++) {
            if (people.isBest(i)) {
                double[] values = new double[people.goals];
                for (int k = 0; k < values.length; k++) {
                    double v = people.values[i * people.goals + k];
                    values[k] = problem.goals().get(k).maximise() ? -v : v;
                }
                int at = i * people.blocks;
                best.add(new Individual(
                        new Architecture(Arrays.copyOfRange(people.genes, at, at + people.blocks)), values));
            }
        }
        return ParetoFront.of(problem.goals(), best);
    }
}
