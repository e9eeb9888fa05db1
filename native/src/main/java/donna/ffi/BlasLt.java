package donna.ffi;

import donna.ffi.bind.CText;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** cuBLASLt, checked, on the card that is current when it is opened. Thread-safe. The caller closes it, after the products made with it. */
public final class BlasLt extends Handle {
    static final int NOT_SUPPORTED = 15;

    private final CublasLt lib;

    private BlasLt(CublasLt lib, long handle) {
        super(handle);
        this.lib = lib;
    }

    /**
     * Opens the library on the current card.
     *
     * @throws NativeException if it cannot be loaded, or there is no card
     */
    public static BlasLt open(CudaBindings bindings) {
        CublasLt lib = bindings.cublasLt();
        return new BlasLt(lib, create(lib, "cublasLtCreate", lib::cublasLtCreate));
    }

    /** {@code 12.6.4}. */
    public String version() {
        return version(lib);
    }

    static String version(CublasLt lib) {
        long v = lib.cublasLtGetVersion();
        return v / 10000 + "." + v / 100 % 100 + "." + v % 100;
    }

    /**
     * A way to compute {@code spec}; the caller closes it.
     *
     * @param workspaceBytes memory that it may use besides
     * @param alignment of all pointers that it will be given, in bytes: the more, the faster; 256 for memory as {@link CudaContext#allocate} gives it
     * @return empty if the library has none for these types and layouts on this card
     */
    public Optional<Matmul> matmul(MatmulSpec spec, long workspaceBytes, int alignment) {
        Matmul matmul = new Matmul(lib, spec);
        try {
            boolean found = matmul.search(address(), workspaceBytes, alignment);
            if (!found) {
                matmul.close();
            }
            return found ? Optional.of(matmul) : Optional.empty();
        } catch (NativeException e) {
            matmul.close();
            throw e;
        }
    }

    static long create(CublasLt lib, String function, Cuda.Out call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            check(lib, call.call(out), function);
            return out.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    static void check(CublasLt lib, int status, String function) {
        if (status != 0) {
            throw new NativeException("cuBLASLt " + version(lib) + ": " + function + ": " + CText.of(lib.cublasLtGetStatusString(status)) + " (" + status
                    + "); set CUBLASLT_LOG_LEVEL=5 to see why", status);
        }
    }

    @Override
    void destroy(long address) {
        check(lib, lib.cublasLtDestroy(address), "cublasLtDestroy");
    }
}
