package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * The primary context of a card, and what is made in it. A thread calls {@link #makeCurrent} before it uses the context or anything made in it. What is
 * made is closed by who asked for it, before the context.
 */
public final class CudaContext extends Handle {
    private static final int NON_BLOCKING = 1;
    private static final int BLOCKING_SYNC = 1;
    private static final int DISABLE_TIMING = 2;
    private static final int PEER_ACCESS_ALREADY_ENABLED = 704;
    private static final int POOL_RELEASE_THRESHOLD = 4;

    private final Cuda cuda;
    private final CudaDevice device;
    private final int number;

    CudaContext(Cuda cuda, CudaDevice device, int number, long address) {
        super(address);
        this.cuda = cuda;
        this.device = device;
        this.number = number;
    }

    public CudaDevice device() {
        return device;
    }

    /** Binds the context to the calling thread. */
    public void makeCurrent() {
        cuda.check(cuda.driver().cuCtxSetCurrent(address()), "cuCtxSetCurrent");
    }

    /** Waits for everything that was queued. */
    public void synchronize() {
        cuda.check(cuda.driver().cuCtxSynchronize(), "cuCtxSynchronize");
    }

    /** Bytes of the card's memory. */
    public record Memory(long freeBytes, long totalBytes) {}

    /** What is free now, for this process and all others. */
    public Memory memory() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment free = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment total = arena.allocate(ValueLayout.JAVA_LONG);
            cuda.check(cuda.driver().cuMemGetInfo_v2(free, total), "cuMemGetInfo");
            return new Memory(free.get(ValueLayout.JAVA_LONG, 0), total.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    /**
     * Memory on the card, with undefined content.
     *
     * @throws NativeException with status {@link Cuda#OUT_OF_MEMORY} if the card has not that much
     */
    public DeviceMemory allocate(long bytes) {
        long pointer = cuda.readLong("cuMemAlloc of " + bytes + " bytes", out -> cuda.driver().cuMemAlloc_v2(out, bytes));
        return new DeviceMemory(cuda, pointer, bytes, null);
    }

    /** As {@link #allocate}, from the card's pool and in the order of {@code stream}, which closing it follows too. */
    public DeviceMemory allocate(long bytes, CudaStream stream) {
        long pointer = cuda.readLong("cuMemAllocAsync of " + bytes + " bytes", out -> cuda.driver().cuMemAllocAsync(out, bytes, stream.queueing(CudaStream.Work.OTHER)));
        return new DeviceMemory(cuda, pointer, bytes, stream);
    }

    /** How much the pool keeps, when memory is closed, for the next who asks. */
    public void keepInPool(long bytes) {
        long pool = pool();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocateFrom(ValueLayout.JAVA_LONG, bytes);
            cuda.check(cuda.driver().cuMemPoolSetAttribute(pool, POOL_RELEASE_THRESHOLD, value), "cuMemPoolSetAttribute");
        }
    }

    /** Gives back what the pool holds unused. */
    public void trimPool() {
        cuda.check(cuda.driver().cuMemPoolTrimTo(pool(), 0), "cuMemPoolTrimTo");
    }

    private long pool() {
        return cuda.readLong("cuDeviceGetDefaultMemPool", out -> cuda.driver().cuDeviceGetDefaultMemPool(out, number));
    }

    /** Host memory from which copies run beside the host. */
    public PinnedMemory pinned(long bytes) {
        long pointer = cuda.readLong("cuMemHostAlloc of " + bytes + " bytes", out -> cuda.driver().cuMemHostAlloc(out, bytes, 0));
        return new PinnedMemory(cuda, pointer, bytes);
    }

    /** A new order of work, independent of all others. */
    public CudaStream stream() {
        return new CudaStream(cuda, cuda.readLong("cuStreamCreate", out -> cuda.driver().cuStreamCreateWithPriority(out, NON_BLOCKING, 0)));
    }

    /** A new order of work whose kernels go before those of other streams. */
    public CudaStream urgentStream() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment least = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment greatest = arena.allocate(ValueLayout.JAVA_INT);
            cuda.check(cuda.driver().cuCtxGetStreamPriorityRange(least, greatest), "cuCtxGetStreamPriorityRange");
            int priority = greatest.get(ValueLayout.JAVA_INT, 0);
            return new CudaStream(cuda, cuda.readLong("cuStreamCreate", out -> cuda.driver().cuStreamCreateWithPriority(out, NON_BLOCKING, priority)));
        }
    }

    /** A point in a stream's work, without a time; a thread that waits for it sleeps. */
    public CudaEvent event() {
        return event(BLOCKING_SYNC | DISABLE_TIMING);
    }

    /** A point in a stream's work with its time. */
    public CudaEvent timingEvent() {
        return event(0);
    }

    private CudaEvent event(int flags) {
        return new CudaEvent(cuda, cuda.readLong("cuEventCreate", out -> cuda.driver().cuEventCreate(out, flags)));
    }

    /**
     * Loads compiled kernels.
     *
     * @param image a cubin, or PTX in ASCII
     */
    public CudaModule module(byte[] image) {
        try (Arena arena = Arena.ofConfined()) {
            // PTX ends with a zero byte; a cubin does not mind one.
            MemorySegment copy = arena.allocate(image.length + 1L, 8);
            MemorySegment.copy(image, 0, copy, ValueLayout.JAVA_BYTE, 0, image.length);
            return new CudaModule(cuda, cuda.readLong("cuModuleLoadData", out -> cuda.driver().cuModuleLoadData(out, copy)));
        }
    }

    /** As {@link #module(byte[])}, from the text of PTX. */
    public CudaModule module(String ptx) {
        return module(ptx.getBytes(StandardCharsets.US_ASCII));
    }

    /** Lets this context, which is current, use memory of {@code peer}; doing it twice is no mistake. */
    public void reach(CudaContext peer) {
        int status = cuda.driver().cuCtxEnablePeerAccess(peer.address(), 0);
        if (status != PEER_ACCESS_ALREADY_ENABLED) {
            cuda.check(status, "cuCtxEnablePeerAccess of device " + device.ordinal() + " to device " + peer.device.ordinal());
        }
    }

    @Override
    void destroy(long address) {
        cuda.check(cuda.driver().cuDevicePrimaryCtxRelease_v2(number), "cuDevicePrimaryCtxRelease");
    }
}
