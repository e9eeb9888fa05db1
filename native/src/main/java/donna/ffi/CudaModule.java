package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Compiled kernels on a card. Thread-safe; the caller closes it, after the last kernel has ended. */
public final class CudaModule extends Handle {
    private final Cuda cuda;

    CudaModule(Cuda cuda, long address) {
        super(address);
        this.cuda = cuda;
    }

    /**
     * A kernel by name.
     *
     * @throws NativeException if there is none of that name
     */
    public CudaFunction function(String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(name);
            long module = address();
            long function = cuda.readLong("cuModuleGetFunction '" + name + "'", out -> cuda.driver().cuModuleGetFunction(out, module, text));
            return new CudaFunction(cuda, name, function);
        }
    }

    @Override
    void destroy(long address) {
        cuda.check(cuda.driver().cuModuleUnload(address), "cuModuleUnload");
    }
}
