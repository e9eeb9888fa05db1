package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A card. Thread-safe. */
public final class CudaDevice {
    private static final int MAX_THREADS_PER_BLOCK = 1;
    private static final int SHARED_BYTES_PER_BLOCK = 8;
    private static final int CLOCK_KHZ = 13;
    private static final int MULTIPROCESSORS = 16;
    private static final int MEMORY_CLOCK_KHZ = 36;
    private static final int MEMORY_BUS_BITS = 37;
    private static final int L2_BYTES = 38;
    private static final int THREADS_PER_MULTIPROCESSOR = 39;
    private static final int CAPABILITY_MAJOR = 75;
    private static final int CAPABILITY_MINOR = 76;
    private static final int SHARED_BYTES_PER_BLOCK_OPTIN = 97;
    private static final int MEMORY_POOLS = 115;
    private static final int TEXT_BYTES = 256;
    private static final int HOPPER = 90;
    private static final int CUDA_12_3 = 12030;

    private final Cuda cuda;
    private final int ordinal;
    private final int device;

    CudaDevice(Cuda cuda, int ordinal, int device) {
        this.cuda = cuda;
        this.ordinal = ordinal;
        this.device = device;
    }

    /** Its number, from 0. */
    public int ordinal() {
        return ordinal;
    }

    /** The card's name: {@code NVIDIA A100-SXM4-80GB}. */
    public String name() {
        return text("cuDeviceGetName", out -> cuda.driver().cuDeviceGetName(out, TEXT_BYTES, device));
    }

    /** Where it is plugged in, as NVML names it. */
    public String pciBusId() {
        return text("cuDeviceGetPCIBusId", out -> cuda.driver().cuDeviceGetPCIBusId(out, TEXT_BYTES, device));
    }

    private String text(String function, Cuda.Out call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(TEXT_BYTES);
            cuda.check(call.call(out), function);
            return out.getString(0);
        }
    }

    /** {@code 10 * major + minor}: 70 for Volta, 90 for Hopper. */
    public int computeCapability() {
        return 10 * attribute(CAPABILITY_MAJOR) + attribute(CAPABILITY_MINOR);
    }

    /** Whether {@link CudaStream#overlapKernels} can be asked for, in captured graphs too: on Hopper and newer, from a driver for CUDA 12.3 on. */
    public boolean launchesProgrammatically() {
        return computeCapability() >= HOPPER && cuda.driverVersion() >= CUDA_12_3 && cuda.bindings().launchesWithAttributes();
    }

    public long totalBytes() {
        return cuda.readLong("cuDeviceTotalMem", out -> cuda.driver().cuDeviceTotalMem_v2(out, device));
    }

    public int multiprocessors() {
        return attribute(MULTIPROCESSORS);
    }

    public int threadsPerMultiprocessor() {
        return attribute(THREADS_PER_MULTIPROCESSOR);
    }

    public int maxThreadsPerBlock() {
        return attribute(MAX_THREADS_PER_BLOCK);
    }

    /** Shared memory that every kernel may use. */
    public int sharedBytesPerBlock() {
        return attribute(SHARED_BYTES_PER_BLOCK);
    }

    /** Shared memory of a kernel that asked for more with {@link CudaFunction#allowSharedBytes}. */
    public int maxSharedBytesPerBlock() {
        return attribute(SHARED_BYTES_PER_BLOCK_OPTIN);
    }

    public int l2Bytes() {
        return attribute(L2_BYTES);
    }

    /** The maximum of the multiprocessors' clock. */
    public int clockKHz() {
        return attribute(CLOCK_KHZ);
    }

    /** What the memory's clock and width allow, in bytes per second; two transfers per cycle. */
    public long memoryBytesPerSecond() {
        return 2000L * attribute(MEMORY_CLOCK_KHZ) * attribute(MEMORY_BUS_BITS) / 8;
    }

    /** Whether memory can be allocated in the order of a stream. */
    public boolean hasMemoryPools() {
        return attribute(MEMORY_POOLS) != 0;
    }

    /** Whether it can read and write the memory of {@code other}. */
    public boolean reaches(CudaDevice other) {
        return cuda.readInt("cuDeviceCanAccessPeer", out -> cuda.driver().cuDeviceCanAccessPeer(out, device, other.device)) != 0;
    }

    private int attribute(int attribute) {
        return cuda.readInt("cuDeviceGetAttribute " + attribute, out -> cuda.driver().cuDeviceGetAttribute(out, attribute, device));
    }

    /** The card's primary context, current in this thread; the caller closes it. */
    public CudaContext open() {
        CudaContext context = new CudaContext(
                cuda, this, device, cuda.readLong("cuDevicePrimaryCtxRetain", out -> cuda.driver().cuDevicePrimaryCtxRetain(out, device)));
        context.makeCurrent();
        return context;
    }
}
