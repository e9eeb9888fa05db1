package donna.bench.ops;

import donna.ffi.CudaBindings;
import donna.ffi.CudaDriver;
import donna.ffi.Cudnn;
import donna.ffi.Nvrtc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What does a call of CUDA cost by the Foreign Function and Memory API, and what over JCuda (JNI)? Of functions that work without a card: NVIDIA's own, and a
 * launch into a driver that does next to nothing. See {@code benchmarks/cuda-calls}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CudaCall {
    /** By which bindings. */
    @Param({CudaBindings.FFM, "jcuda"})
    private String bindings;

    /** What is called. */
    @Param({"cuLaunchKernel", "nvrtcVersion", "cudnnGetVersion", "cudnnSetTensor4dDescriptor"})
    private String function;

    private interface Call {
        long run();
    }

    private final Arena arena = Arena.ofShared();
    private final MemorySegment handle = arena.allocate(ValueLayout.JAVA_LONG);
    private Call call;

    /** Opens the library that is needed and calls once. */
    @Setup
    public void open() {
        System.setProperty(CudaBindings.PROPERTY, bindings);
        CudaBindings cuda = CudaBindings.load();
        call = switch (function) {
            case "cuLaunchKernel" -> launch(cuda.driver());
            case "nvrtcVersion" -> version(cuda.nvrtc());
            case "cudnnGetVersion" -> cuda.cudnn()::cudnnGetVersion;
            default -> tensor(cuda.cudnn());
        };
        long status = call.run();
        if (status != 0 && !function.equals("cudnnGetVersion")) {
            throw new IllegalStateException(function + " of " + bindings + ": status " + status);
        }
    }

    private Call launch(CudaDriver driver) {
        driver.cuModuleLoadData(handle, arena.allocateFrom("PTX"));
        driver.cuModuleGetFunction(handle, handle.get(ValueLayout.JAVA_LONG, 0), arena.allocateFrom("kernel"));
        long kernel = handle.get(ValueLayout.JAVA_LONG, 0);
        MemorySegment written = arena.allocate(ValueLayout.JAVA_LONG, 2);
        MemorySegment pointer = arena.allocateFrom(ValueLayout.JAVA_LONG, written.address());
        MemorySegment number = arena.allocateFrom(ValueLayout.JAVA_INT, 1);
        MemorySegment parameters = arena.allocateFrom(ValueLayout.JAVA_LONG, pointer.address(), number.address());
        return () -> driver.cuLaunchKernel(kernel, 64, 1, 1, 256, 1, 1, 0, 0, parameters, MemorySegment.NULL);
    }

    private Call version(Nvrtc nvrtc) {
        MemorySegment major = arena.allocate(ValueLayout.JAVA_INT);
        MemorySegment minor = arena.allocate(ValueLayout.JAVA_INT);
        return () -> nvrtc.nvrtcVersion(major, minor);
    }

    private Call tensor(Cudnn cudnn) {
        cudnn.cudnnCreateTensorDescriptor(handle);
        long tensor = handle.get(ValueLayout.JAVA_LONG, 0);
        return () -> cudnn.cudnnSetTensor4dDescriptor(tensor, 1, 0, 32, 96, 57, 57);
    }

    /** One call. */
    @Benchmark
    public long run() {
        return call.run();
    }
}
