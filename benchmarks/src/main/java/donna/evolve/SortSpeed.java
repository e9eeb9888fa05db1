package donna.evolve;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** How long does ranking uniformly random points by dominance take? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class SortSpeed {
    @Param({"2000", "200000"})
    private int points;

    @Param({"2", "3", "4"})
    private int goals;

    private double[] values;
    private NondominatedSort sort;

    @Setup
    public void open() {
        values = new SplittableRandom(1).doubles((long) points * goals).toArray();
        sort = new NondominatedSort(points, goals);
    }

    @Benchmark
    public int sort() {
        sort.sort(values, points);
        return sort.fronts();
    }
}
