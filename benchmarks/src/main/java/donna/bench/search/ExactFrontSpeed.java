package donna.bench.search;

import donna.evolve.AdditiveProblem;
import donna.evolve.ExactFront;
import donna.evolve.ParetoFront;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** How long does the complete front of loss and latency over 5 blocks take? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ExactFrontSpeed {
    @Param({"22", "384"})
    private int options;

    private AdditiveProblem problem;

    @Setup
    public void open() {
        problem = BlockTables.problem(5, options);
    }

    @Benchmark
    public ParetoFront run() {
        return ExactFront.of(problem);
    }
}
