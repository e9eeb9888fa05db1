package donna.evolve;

import donna.bench.search.BlockTables;
import donna.jobs.Progress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How long does one generation of a search under way take, over 5 blocks of 384 options, and what does it allocate? The
 * mean of five, after which islands exchange their survivors.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class GenerationSpeed {
    private static final int GENERATIONS = 5;

    @Param({"100 x 2 goals", "1000 x 2 goals", "10000 x 2 goals", "1000 x 3 goals", "1000000 x 3 goals"})
    private String population;

    @Param({"1", "2"})
    private int threads;

    private Lineage lineage;

    /** Architectures that one generation rates. */
    public static long architectures(String population) {
        return Long.parseLong(population.split(" ")[0]);
    }

    @Setup
    public void open() {
        int goals = Integer.parseInt(population.split(" ")[2]);
        Evolution evolution = new Evolution((int) architectures(population), Integer.MAX_VALUE, 0.5, 0.05, 1);
        AdditiveProblem problem = BlockTables.problem(5, 384, goals);
        lineage = new Lineage(evolution, problem, List.of(), threads, Progress.NONE);
    }

    @Benchmark
    @OperationsPerInvocation(GENERATIONS)
    public void fiveGenerations() {
        for (long end = lineage.generations() + GENERATIONS; lineage.generations() < end; ) {
            lineage.step();
        }
    }

    @TearDown
    public void close() {
        lineage.close();
    }
}
