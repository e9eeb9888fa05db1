package donna.bench.search;

import donna.evolve.AdditiveProblem;
import donna.evolve.ParetoArchive;
import donna.space.Architecture;
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

/** How long does an offer to the archive take, on average over 10,000 random architectures offered to an empty one? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ArchiveSpeed {
    private static final int OFFERS = 10_000;

    @Param({"2", "3"})
    private int goals;

    private AdditiveProblem problem;
    private Architecture[] architectures;
    private double[][] values;

    @Setup
    public void open() {
        problem = BlockTables.problem(5, 384, goals);
        architectures = RatingSpeed.draw(new SplittableRandom(1), problem, OFFERS);
        values = new double[OFFERS][goals];
        for (int i = 0; i < OFFERS; i++) {
            problem.rate(architectures[i].choices(), values[i], new double[0]);
        }
    }

    @Benchmark
    @OperationsPerInvocation(OFFERS)
    public int offer() {
        ParetoArchive archive = new ParetoArchive(problem.goals());
        for (int i = 0; i < OFFERS; i++) {
            archive.offer(architectures[i], values[i]);
        }
        return archive.size();
    }
}
