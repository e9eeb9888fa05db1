package donna.bench.peers;

import donna.bench.search.BlockTables;
import donna.evolve.AdditiveProblem;
import donna.evolve.Evolution;
import donna.evolve.ParetoFront;
import java.util.List;
import java.util.Locale;

/**
 * Our side of {@link BlockChoice}. Arguments: blocks, options, population, generations, seed, threads. Prints the rate
 * of the first run, the rate over half a second of further runs with other seeds, and the first one's hypervolume at
 * reference (1, 1) after scaling each objective by its largest possible value.
 */
public final class BlockChoiceRun {
    private static final double WARM_SECONDS = 0.8;
    private static final double SECONDS = 0.5;

    private BlockChoiceRun() {}

    public static void main(String[] args) {
        AdditiveProblem problem = BlockTables.problem(Integer.parseInt(args[0]), Integer.parseInt(args[1]), 2);
        int population = Integer.parseInt(args[2]);
        int generations = Integer.parseInt(args[3]);
        long seed = Long.parseLong(args[4]);
        int threads = Integer.parseInt(args[5]);
        long evaluations = (long) population * generations;
        long start = System.nanoTime();
        ParetoFront front = evolution(population, generations, seed).run(problem, List.of(), threads);
        double first = evaluations / seconds(start);
        long key = 1000 * seed;
        start = System.nanoTime();
        while (seconds(start) < WARM_SECONDS) {
            evolution(population, generations, ++key).run(problem, List.of(), threads);
        }
        start = System.nanoTime();
        long runs = 0;
        while (seconds(start) < SECONDS) {
            evolution(population, generations, ++key).run(problem, List.of(), threads);
            runs++;
        }
        double rate = runs * evaluations / seconds(start);
        double[] worst = problem.worst();
        System.out.printf(
                Locale.ROOT,
                "DONNA NSGA-II: first run %.0f, then %.0f evaluations/s, front %d, hypervolume %.5f%n",
                first,
                rate,
                front.members().size(),
                front.hypervolume(worst) / (worst[0] * worst[1]));
    }

    private static Evolution evolution(int population, int generations, long seed) {
        return new Evolution(population, generations, 0.5, 0.05, seed);
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
