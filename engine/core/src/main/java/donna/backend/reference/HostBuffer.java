package donna.backend.reference;

import donna.tensor.Buffer;
import donna.tensor.DonnaException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/** Bytes in host memory. */
final class HostBuffer implements Buffer {
    private final ReferenceDevice device;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;
    private final AtomicBoolean closed = new AtomicBoolean();

    HostBuffer(ReferenceDevice device, long bytes) {
        this.device = device;
        this.memory = arena.allocate(bytes, 64);
        device.count(bytes);
    }

    @Override
    public long bytes() {
        checkOpen();
        return memory.byteSize();
    }

    @Override
    public void write(long offset, MemorySegment source) {
        checkRange(offset, source.byteSize());
        MemorySegment.copy(source, 0, memory, offset, source.byteSize());
    }

    @Override
    public void read(long offset, MemorySegment target) {
        checkRange(offset, target.byteSize());
        MemorySegment.copy(memory, offset, target, 0, target.byteSize());
    }

    private void checkRange(long offset, long count) {
        checkOpen();
        if (offset < 0 || offset > memory.byteSize() - count) {
            throw new DonnaException.ShapeMismatch(
                    "buffer: bytes " + offset + " to " + (offset + count) + " of " + memory.byteSize());
        }
    }

    private void checkOpen() {
        if (closed.get()) {
            throw new DonnaException.Closed(
                    "buffer: used after close; keep the owner open as long as its tensors are used");
        }
    }

    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            device.count(-memory.byteSize());
            arena.close();
        }
    }
}
