package donna.bench.search;

import donna.evolve.AdditiveProblem;
import donna.evolve.Evolution;
import donna.evolve.ParetoFront;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** How long do 50 generations of NSGA-II take over 5 blocks of 384 options from tables? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class EvolutionSpeed {
    private static final int GENERATIONS = 50;

    @Param({"100", "1000"})
    private int population;

    @Param({"1", "2"})
    private int threads;

    private AdditiveProblem problem;
    private long seed;

    /** Architectures rated by one invocation. */
    public static long architectures(int population) {
        return (long) population * GENERATIONS;
    }

    @Setup
    public void open() {
        problem = BlockTables.problem(5, 384, 2);
        ParetoFront alone = evolution(1).run(problem, List.of(), 1);
        if (!alone.equals(evolution(1).run(problem, List.of(), threads))) {
            throw new IllegalStateException(threads + " threads found another front than one");
        }
    }

    @Benchmark
    public ParetoFront run() {
        return evolution(++seed).run(problem, List.of(), threads);
    }

    private Evolution evolution(long key) {
        return new Evolution(population, GENERATIONS, 0.5, 0.05, key);
    }
}
