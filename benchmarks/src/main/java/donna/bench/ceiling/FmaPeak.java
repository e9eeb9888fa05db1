package donna.bench.ceiling;

import donna.bench.Work;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * How many single-precision multiply-accumulates can one core do? Twelve independent chains of vector FMAs: more than
 * latency times issue width, fewer than the registers. Each adds a product to its sum, as kernels do: with the sum as a factor every FMA would come with a copy,
 * which processors that issue four instructions at a time have no room for.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FmaPeak {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int CHAINS = 12;
    private static final int ROUNDS = 4096;

    private float factor = 0.999f;
    private float addend = 1e-3f;

    /** Of one invocation. */
    public static Work work() {
        return new Work(2.0 * CHAINS * ROUNDS * SPECIES.length(), 0, 0, 0);
    }

    @Benchmark
    public float run() {
        FloatVector a = FloatVector.broadcast(SPECIES, factor);
        FloatVector b = FloatVector.broadcast(SPECIES, addend);
        FloatVector s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b;
        FloatVector t0 = a, t1 = a, t2 = a, t3 = a, t4 = a, t5 = a;
        for (int i = 0; i < ROUNDS; i++) {
            s0 = a.fma(b, s0);
            s1 = a.fma(b, s1);
            s2 = a.fma(b, s2);
            s3 = a.fma(b, s3);
            s4 = a.fma(b, s4);
            s5 = a.fma(b, s5);
            t0 = a.fma(b, t0);
            t1 = a.fma(b, t1);
            t2 = a.fma(b, t2);
            t3 = a.fma(b, t3);
            t4 = a.fma(b, t4);
            t5 = a.fma(b, t5);
        }
        return lane(s0.add(s1).add(s2))
                + lane(s3.add(s4).add(s5))
                + lane(t0.add(t1).add(t2))
                + lane(t3.add(t4).add(t5));
    }

    private static float lane(FloatVector v) {
        return v.lane(0);
    }
}
