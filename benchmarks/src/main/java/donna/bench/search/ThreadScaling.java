package donna.bench.search;

import donna.bench.Machine;
import donna.bench.Results;
import donna.bench.Table;
import donna.bench.peers.Spread;
import donna.evolve.AdditiveProblem;
import donna.evolve.Evolution;
import donna.evolve.ParetoFront;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much faster do more threads make NSGA-II over 5 blocks of 384 options, two objectives? For each population, on as
 * many islands as it usually has, the numbers of threads in turn, round after round, and beside each what the machine
 * could give at most: as many independent searches of one thread at once, on as many islands. A front that depends on
 * the number of threads is an error. Arguments: the results folder, the most threads (none: all processors).
 */
public final class ThreadScaling {
    private static final int[] POPULATIONS = {1_000, 10_000, 100_000};
    private static final int ROUNDS = 9;
    private static final int COMPILING = 8;
    private static final double SECONDS = 0.4;

    private ThreadScaling() {}

    /** Ratios are to one thread, round by round; {@code ceiling} is that of as many independent searches. */
    private record Row(
            int population,
            int islands,
            int generations,
            int threads,
            double generationMicroseconds,
            Spread speedup,
            Spread ceiling) {}

    public static void main(String[] args) throws InterruptedException {
        int most = args.length > 1 ? Integer.parseInt(args[1]) : Runtime.getRuntime().availableProcessors();
        List<Integer> threads = new ArrayList<>();
        for (int t = 1; t < most; t *= 2) {
            threads.add(t);
        }
        threads.add(most);
        AdditiveProblem problem = BlockTables.problem(5, 384, 2);
        List<Row> rows = new ArrayList<>();
        for (int population : POPULATIONS) {
            rows.addAll(ask(problem, population, threads));
        }
        System.out.println(Machine.here());
        Table table = new Table(
                "population x generations", "islands", "threads", "us/generation", "speedup [min, max]", "independent searches");
        for (Row r : rows) {
            table.row(
                    r.population() + " x " + r.generations(),
                    Integer.toString(r.islands()),
                    Integer.toString(r.threads()),
                    Table.number(r.generationMicroseconds()),
                    r.speedup().toString(),
                    r.ceiling().toString());
        }
        System.out.println(table);
        System.out.println("written to " + Results.put(Path.of(args[0]), "threadScaling", rows));
    }

    private static List<Row> ask(AdditiveProblem problem, int population, List<Integer> threads)
            throws InterruptedException {
        int generations = population > 10_000 ? 10 : 50;
        ParetoFront alone = evolution(population, generations, 1).run(problem, List.of(), 1);
        for (int t : threads) {
            if (!alone.equals(evolution(population, generations, 1).run(problem, List.of(), t))) {
                throw new IllegalStateException(t + " threads found another front than one");
            }
        }
        List<List<Double>> together = new ArrayList<>();
        List<List<Double>> independent = new ArrayList<>();
        threads.forEach(t -> together.add(new ArrayList<>()));
        threads.forEach(t -> independent.add(new ArrayList<>()));
        for (int round = -COMPILING; round < ROUNDS; round++) {
            for (int i = 0; i < threads.size(); i++) {
                double one = runsPerSecond(problem, population, generations, threads.get(i), 1);
                double many = runsPerSecond(problem, population, generations, 1, threads.get(i));
                // The first rounds compile.
                if (round >= 0) {
                    together.get(i).add(one);
                    independent.get(i).add(many);
                }
            }
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < threads.size(); i++) {
            rows.add(new Row(
                    population,
                    evolution(population, generations, 1).islands(),
                    generations,
                    threads.get(i),
                    1e6 / generations / Spread.of(together.get(i)).median(),
                    Spread.ofRatios(together.get(i), together.getFirst()),
                    Spread.ofRatios(independent.get(i), independent.getFirst())));
        }
        return rows;
    }

    /** Whole searches that end in a second, {@code searches} of them at a time with {@code threads} each. */
    private static double runsPerSecond(
            AdditiveProblem problem, int population, int generations, int threads, int searches)
            throws InterruptedException {
        AtomicLong runs = new AtomicLong();
        AtomicLong nanos = new AtomicLong();
        Thread[] all = new Thread[searches];
        for (int s = 0; s < searches; s++) {
            long seed = 1_000L * s;
            all[s] = Thread.ofPlatform().start(() -> {
                long start = System.nanoTime();
                long mine = 0;
                do {
                    evolution(population, generations, seed + ++mine).run(problem, List.of(), threads);
                } while (System.nanoTime() - start < SECONDS * 1e9);
                runs.addAndGet(mine);
                nanos.addAndGet(System.nanoTime() - start);
            });
        }
        for (Thread t : all) {
            t.join();
        }
        return runs.get() / (nanos.get() / 1e9 / searches);
    }

    private static Evolution evolution(int population, int generations, long seed) {
        return new Evolution(population, generations, 0.5, 0.05, seed);
    }
}
