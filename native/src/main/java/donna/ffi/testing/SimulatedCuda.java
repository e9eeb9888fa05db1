package donna.ffi.testing;

import donna.ffi.CublasLt;
import donna.ffi.CudaBindings;
import donna.ffi.CudaDriver;
import donna.ffi.Cudnn;
import donna.ffi.NativeException;
import donna.ffi.Nvml;
import donna.ffi.Nvrtc;
import donna.ffi.bind.Binder;
import donna.ffi.bind.SharedLibrary;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** All of CUDA's functions from one library file, the simulator that the test kit builds. Thread-safe. */
public record SimulatedCuda(CudaDriver driver, Nvrtc nvrtc, CublasLt cublasLt, Cudnn cudnn, Nvml nvml) implements CudaBindings {
    /**
     * Opens the simulator.
     *
     * @throws NativeException if the file cannot be loaded; a function that it lacks throws when it is called
     */
    public static SimulatedCuda open(Path file) {
        SharedLibrary library;
        try {
            library = SharedLibrary.open(file.toAbsolutePath().toString());
        } catch (UnsatisfiedLinkError e) {
            throw new NativeException("CUDA simulator: " + e.getMessage() + "; build the test kit again", e);
        }
        return new SimulatedCuda(
                functions(CudaDriver.class, library), functions(Nvrtc.class, library), functions(CublasLt.class, library),
                functions(Cudnn.class, library), functions(Nvml.class, library));
    }

    private static <T> T functions(Class<T> table, SharedLibrary library) {
        return Binder.implement(table, function -> MemorySegment.ofAddress(library.find(function)
                .orElseThrow(() -> new NativeException("CUDA simulator: " + library.file() + " has no function " + function))));
    }

    @Override
    public String name() {
        return "simulator";
    }
}
