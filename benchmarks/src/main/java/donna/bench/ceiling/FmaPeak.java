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
 * latency times issue width, fewer than the registers.
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
            s0 = s0.fma(a, b);
            s1 = s1.fma(a, b);
            s2 = s2.fma(a, b);
            s3 = s3.fma(a, b);
            s4 = s4.fma(a, b);
            s5 = s5.fma(a, b);
            t0 = t0.fma(a, b);
            t1 = t1.fma(a, b);
            t2 = t2.fma(a, b);
            t3 = t3.fma(a, b);
            t4 = t4.fma(a, b);
            t5 = t5.fma(a, b);
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
