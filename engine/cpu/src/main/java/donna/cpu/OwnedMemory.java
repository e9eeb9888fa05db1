package donna.cpu;

import donna.ffi.HugePages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Zero-filled memory in an arena of its own, aligned and counted by the device. The owner closes it, once. */
final class OwnedMemory implements AutoCloseable {
    private final CpuDevice device;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;

    OwnedMemory(CpuDevice device, long bytes) {
        this.device = device;
        this.segment = bytes >= HugePages.PAGE_BYTES
                ? HugePages.allocate(arena, bytes)
                : arena.allocate(Math.max(bytes, 1), CpuDevice.ALIGNMENT).asSlice(0, bytes);
        device.count(bytes);
    }

    MemorySegment segment() {
        return segment;
    }

    @Override
    public void close() {
        arena.close();
        device.count(-segment.byteSize());
    }
}
