package donna.ffi;

import donna.ffi.bind.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Large zero-filled memory on pages of 2 MiB where the system has them to give ({@code madvise(MADV_HUGEPAGE)}), on ordinary pages otherwise. Passes over
 * tensors of many megabytes run faster: the processor's prefetchers stop at page borders. Linux only.
 */
public final class HugePages {
    /** Size and alignment of a huge page in bytes. */
    public static final long PAGE_BYTES = 2L << 20;

    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    private static final int ADVICE_HUGE = 14;

    private HugePages() {}

    /**
     * Memory that belongs to {@code arena}: it is given back when the arena closes.
     *
     * @throws NativeException if the system has no memory left
     */
    public static MemorySegment allocate(Arena arena, long bytes) {
        Libc libc = Libc.SYSTEM;
        long length = bytes + PAGE_BYTES;
        long address = libc.mmap(0, length, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0);
        if (address == -1) {
            throw new NativeException("mmap: the system gave no " + length + " bytes; free memory, or use a smaller batch");
        }
        long aligned = (address + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        // Advice only: a kernel without huge pages refuses it, and the memory is as good.
        int refused = libc.madvise(aligned, address + length - aligned, ADVICE_HUGE);
        assert refused == 0 || refused == -1;
        return MemorySegment.ofAddress(aligned).reinterpret(bytes, arena, segment -> libc.munmap(address, length));
    }
}
