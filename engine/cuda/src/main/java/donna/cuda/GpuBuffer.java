package donna.cuda;

import donna.ffi.DeviceMemory;
import donna.tensor.Buffer;
import donna.tensor.DonnaException;
import java.lang.foreign.MemorySegment;

/** Memory on a card, and who has used it. */
final class GpuBuffer implements Buffer {
    private final GpuDevice device;
    private final DeviceMemory memory;
    private final long bytes;
    private final Uses uses = new Uses();
    private volatile boolean open = true;

    /** Zero-filled; the context is current. */
    GpuBuffer(GpuDevice device, long bytes) {
        this.device = device;
        this.bytes = bytes;
        this.memory = device.context().allocate(Math.max(1, bytes));
        device.staging().clear(memory.pointer(), Math.max(1, bytes));
        device.count(bytes);
    }

    GpuDevice device() {
        return device;
    }

    Uses uses() {
        return uses;
    }

    boolean isOpen() {
        return open;
    }

    long pointer() {
        requireOpen();
        return memory.pointer();
    }

    private void requireOpen() {
        if (!open) {
            throw new DonnaException.Closed("buffer of " + bytes + " bytes: used after close");
        }
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void write(long offset, MemorySegment source) {
        check("write", offset, source.byteSize());
        device.run(() -> {
            uses.awaitAll();
            device.staging().upload(memory.pointer() + offset, source);
        });
    }

    @Override
    public void read(long offset, MemorySegment target) {
        check("read", offset, target.byteSize());
        device.run(() -> {
            uses.awaitWriter();
            device.staging().download(target, memory.pointer() + offset);
        });
    }

    private void check(String what, long offset, long count) {
        requireOpen();
        if (offset < 0 || offset + count > bytes) {
            throw new DonnaException.ShapeMismatch(what + " of " + count + " bytes at " + offset + " leaves a buffer of " + bytes + " bytes");
        }
    }

    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            device.release(() -> {
                uses.awaitAll();
                memory.close();
            });
            device.count(-bytes);
        }
    }
}
