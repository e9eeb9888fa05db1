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

/** How long does the complete front over 5 blocks take? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ExactFrontSpeed {
    @Param({"22 options, 2 goals", "384 options, 2 goals", "22 options, 3 goals"})
    private String space;

    private AdditiveProblem problem;

    @Setup
    public void open() {
        String[] words = space.split(" ");
        problem = BlockTables.problem(5, Integer.parseInt(words[0]), Integer.parseInt(words[2]));
    }

    @Benchmark
    public ParetoFront run() {
        return ExactFront.of(problem);
    }
}
