package donna.cpu;

import donna.tensor.Buffer;
import donna.tensor.DonnaException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/** Host memory in an arena of its own, aligned to 64 bytes. */
final class CpuBuffer implements Buffer {
    private final CpuDevice device;
    private final OwnedMemory memory;
    private final MemorySegment segment;
    private final AtomicLong version = new AtomicLong();
    private final Remembered remembered = new Remembered();
    private volatile boolean open = true;

    CpuBuffer(CpuDevice device, long bytes) {
        this.device = device;
        this.memory = new OwnedMemory(device, bytes);
        this.segment = memory.segment();
    }

    boolean isOpen() {
        return open;
    }

    /** How often somebody has changed the bytes, by {@link #write} or in a plan. */
    long version() {
        return version.get();
    }

    void changed() {
        version.incrementAndGet();
    }

    /** Of tensors in this buffer. */
    Remembered remembered() {
        return remembered;
    }

    CpuDevice device() {
        return device;
    }

    MemorySegment slice(long offset, long bytes) {
        requireOpen();
        return segment.asSlice(offset, bytes);
    }

    private void requireOpen() {
        if (!open) {
            throw new DonnaException.Closed("buffer of " + segment.byteSize() + " bytes: used after close");
        }
    }

    @Override
    public long bytes() {
        return segment.byteSize();
    }

    @Override
    public void write(long offset, MemorySegment source) {
        check("write", offset, source.byteSize());
        MemorySegment.copy(source, 0, segment, offset, source.byteSize());
        changed();
    }

    @Override
    public void read(long offset, MemorySegment target) {
        check("read", offset, target.byteSize());
        MemorySegment.copy(segment, offset, target, 0, target.byteSize());
    }

    private void check(String what, long offset, long bytes) {
        requireOpen();
        if (offset < 0 || offset + bytes > segment.byteSize()) {
            throw new DonnaException.ShapeMismatch(
                    what + " of " + bytes + " bytes at " + offset + " leaves a buffer of " + segment.byteSize() + " bytes");
        }
    }

    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            memory.close();
        }
    }
}
