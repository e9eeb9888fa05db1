package donna.bench.ceiling;

import donna.bench.Work;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How fast does one core copy memory, by size: from the first cache to main memory? Bytes read and bytes written both
 * count.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CopyBandwidth {
    @Param({"16", "384", "8192", "131072"})
    private int kibibytes;

    private final Arena arena = Arena.ofShared();
    private MemorySegment source;
    private MemorySegment target;

    /** Of one invocation. */
    public static Work work(int kibibytes) {
        return new Work(0, 2.0 * kibibytes * 1024, 0, 0);
    }

    @Setup
    public void allocate() {
        source = arena.allocate(kibibytes * 1024L, 64).fill((byte) 1);
        target = arena.allocate(kibibytes * 1024L, 64);
    }

    @Benchmark
    public MemorySegment copy() {
        return target.copyFrom(source);
    }

    @TearDown
    public void close() {
        arena.close();
    }
}
