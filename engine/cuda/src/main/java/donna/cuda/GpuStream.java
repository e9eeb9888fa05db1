package donna.cuda;

import donna.backend.Device;
import donna.backend.Stream;
import donna.ffi.CudaEvent;
import donna.ffi.CudaStream;
import donna.ffi.DeviceMemory;
import donna.tensor.DonnaException;

/** An order of work on a card, with scratch memory that only grows, and an event that stands for the end of what was queued last. */
final class GpuStream implements Stream {
    private final GpuDevice device;
    private final CudaStream stream;
    private final CudaEvent last;
    private final Lanes lanes;
    private DeviceMemory scratch;
    private boolean open = true;

    /** The context is current. */
    GpuStream(GpuDevice device) {
        this.device = device;
        this.stream = device.context().stream();
        this.last = device.context().event();
        this.lanes = new Lanes(device.context());
    }

    /** Where at least {@code bytes} of scratch memory begin; 0 where none are wanted. */
    synchronized long scratch(long bytes) {
        requireOpen();
        if (bytes > 0 && (scratch == null || scratch.bytes() < bytes)) {
            freeScratch();
            scratch = device.context().allocate(bytes);
            device.count(bytes);
        }
        return scratch == null ? 0 : scratch.pointer();
    }

    private void freeScratch() {
        if (scratch != null) {
            stream.synchronize();
            device.count(-scratch.bytes());
            scratch.close();
            scratch = null;
        }
    }

    void requireOpen() {
        if (!open) {
            throw new DonnaException.Closed("stream: used after close");
        }
    }

    CudaStream queue() {
        return stream;
    }

    Lanes lanes() {
        return lanes;
    }

    /** Work was queued: {@link #letWait} and {@link #await} mean all up to here. */
    synchronized void queued() {
        stream.record(last);
    }

    /** What {@code other} queues from now on comes after what was queued here. */
    synchronized void letWait(GpuStream other) {
        if (open) {
            other.stream.waitFor(last);
        }
    }

    /** Returns when what was queued here is done. */
    synchronized void await() {
        if (open) {
            last.synchronize();
        }
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public void synchronize() {
        requireOpen();
        device.run(stream::synchronize);
    }

    @Override
    public synchronized void close() {
        if (open) {
            device.run(() -> {
                stream.synchronize();
                freeScratch();
                lanes.close();
                last.close();
                stream.close();
            });
            open = false;
        }
    }
}
