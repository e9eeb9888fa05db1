package donna.bench.ops;

import donna.ffi.Dnnl;
import donna.ffi.DnnlElement;
import donna.ffi.MemoryDesc;
import donna.ffi.Openmp;
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

/** What does a call into C cost through the Foreign Function and Memory API, when the C function does next to nothing? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class NativeCall {
    /** A setter of OpenMP, and a getter of oneDNN through its checked layer. */
    @Param({"omp_set_num_threads", "dnnl_memory_desc_get_size"})
    private String function;

    private Openmp openmp;
    private Dnnl dnnl;
    private MemoryDesc desc;
    private boolean getter;

    @Setup
    public void open() {
        openmp = Openmp.load();
        dnnl = Dnnl.open();
        desc = dnnl.rowMajor(DnnlElement.F32, 2, 3);
        getter = function.startsWith("dnnl");
        if (desc.bytes() != 24) {
            throw new IllegalStateException("2 x 3 floats are " + desc.bytes() + " bytes");
        }
    }

    @Benchmark
    public long run() {
        if (getter) {
            return desc.bytes();
        }
        openmp.omp_set_num_threads(1);
        return 0;
    }

    @TearDown
    public void close() {
        desc.close();
        dnnl.close();
    }
}
