package donna.ffi;

import donna.ffi.bind.CText;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** The CUDA driver, checked: every status that is not success becomes a {@link NativeException} with the driver's own text. Thread-safe. */
public final class Cuda {
    /** {@code CUDA_ERROR_OUT_OF_MEMORY}, for {@link NativeException#status}. */
    public static final int OUT_OF_MEMORY = 2;

    /**
     * After these a context and all that is in it are lost: uncorrectable errors of memory and links, and whatever ends a kernel in its middle. Source: the
     * driver's {@code CUresult}, "leaves the process in an inconsistent state".
     */
    private static final Set<Integer> LOSING = Set.of(214, 220, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721, 999);

    static final int NOT_READY = 600;
    private static final int NO_DEVICE = 100;

    private final CudaBindings bindings;
    private final CudaDriver driver;

    private Cuda(CudaBindings bindings) {
        this.bindings = bindings;
        this.driver = bindings.driver();
    }

    /**
     * Starts the driver.
     *
     * @throws NativeException if it cannot be loaded, or finds no card
     */
    public static Cuda open(CudaBindings bindings) {
        Cuda cuda = new Cuda(bindings);
        int status = cuda.driver.cuInit(0);
        if (status == NO_DEVICE) {
            throw new NativeException("CUDA: " + cuda.text(status) + "; run nvidia-smi to see whether the card and its driver are there", status);
        }
        cuda.check(status, "cuInit");
        return cuda;
    }

    /** Whether a card's context and everything in it is lost after {@code status}: nothing in it can be used, or has to be closed. */
    public static boolean isLost(int status) {
        return LOSING.contains(status);
    }

    /** How the libraries are called. */
    public CudaBindings bindings() {
        return bindings;
    }

    CudaDriver driver() {
        return driver;
    }

    /** The newest CUDA that the driver can run: 12080 for 12.8. */
    public int driverVersion() {
        return readInt("cuDriverGetVersion", driver::cuDriverGetVersion);
    }

    /** Every card, in the driver's order. */
    public List<CudaDevice> devices() {
        int count = readInt("cuDeviceGetCount", driver::cuDeviceGetCount);
        return IntStream.range(0, count).mapToObj(this::device).toList();
    }

    private CudaDevice device(int ordinal) {
        return new CudaDevice(this, ordinal, readInt("cuDeviceGet", out -> driver.cuDeviceGet(out, ordinal)));
    }

    /** A C function that writes one value. */
    interface Out {
        int call(MemorySegment out);
    }

    int readInt(String function, Out call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_INT);
            check(call.call(out), function);
            return out.get(ValueLayout.JAVA_INT, 0);
        }
    }

    long readLong(String function, Out call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            check(call.call(out), function);
            return out.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    void check(int status, String function) {
        if (status != 0) {
            throw new NativeException("CUDA: " + function + ": " + text(status), status);
        }
    }

    /** {@code CUDA_ERROR_INVALID_VALUE (1): invalid argument}. */
    private String text(int status) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            String name = driver.cuGetErrorName(status, out) == 0 ? CText.of(out.get(ValueLayout.ADDRESS, 0)) : "unknown status";
            String sentence = driver.cuGetErrorString(status, out) == 0 ? ": " + CText.of(out.get(ValueLayout.ADDRESS, 0)) : "";
            return name + " (" + status + ")" + sentence;
        }
    }
}
