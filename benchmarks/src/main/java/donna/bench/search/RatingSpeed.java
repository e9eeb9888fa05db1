package donna.bench.search;

import donna.evolve.AdditiveProblem;
import donna.space.Architecture;
import java.util.Arrays;
import java.util.SplittableRandom;
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

/** How long does rating an architecture of 5 blocks of 384 options from tables take? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RatingSpeed {
    private static final int SOME = 1000;

    @Param({"2", "3"})
    private int goals;

    private AdditiveProblem problem;
    private int[][] choices;
    private double[] objectives;
    private double[] excess;

    /** Architectures drawn uniformly. */
    static Architecture[] draw(SplittableRandom random, AdditiveProblem problem, int n) {
        Architecture[] some = new Architecture[n];
        Arrays.setAll(some, i -> new Architecture(
                Arrays.stream(problem.options()).map(random::nextInt).toArray()));
        return some;
    }

    @Setup
    public void open() {
        problem = BlockTables.problem(5, 384, goals);
        choices = Arrays.stream(draw(new SplittableRandom(1), problem, SOME))
                .map(Architecture::choices)
                .toArray(int[][]::new);
        objectives = new double[goals];
        excess = new double[0];
    }

    @Benchmark
    @OperationsPerInvocation(SOME)
    public double rate() {
        double sum = 0;
        for (int[] c : choices) {
            problem.rate(c, objectives, excess);
            sum += objectives[0];
        }
        return sum;
    }
}
