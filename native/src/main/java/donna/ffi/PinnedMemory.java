package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Host memory that stays in place, so that copies to and from a card run beside the host. The caller closes it, after the last copy has ended. */
public final class PinnedMemory extends Handle {
    private final Cuda cuda;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;

    PinnedMemory(Cuda cuda, long address, long bytes) {
        super(address);
        this.cuda = cuda;
        this.segment = MemorySegment.ofAddress(address).reinterpret(bytes, arena, null);
    }

    /** The memory; any thread may use it until {@link #close}, after which access throws. */
    public MemorySegment segment() {
        return segment;
    }

    @Override
    void destroy(long address) {
        arena.close();
        cuda.check(cuda.driver().cuMemFreeHost(address), "cuMemFreeHost");
    }
}
