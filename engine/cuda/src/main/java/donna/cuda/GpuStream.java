package donna.cuda;

import donna.backend.Device;
import donna.backend.Stream;
import donna.ffi.CudaEvent;
import donna.ffi.CudaStream;
import donna.ffi.DeviceMemory;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.List;

/** An order of work on a card, with scratch memory that only grows, and events that stand for the ends of the runs that were queued last. */
final class GpuStream implements Stream {
    /** Runs whose ends are told apart; who waits for an older one waits for one of these. */
    private static final int ENDS = 16;

    private final List<CudaEvent> ends = new ArrayList<>();
    private final Lanes lanes;
    private final GpuDevice device;
    private final CudaStream stream;
    private long runs;
    private DeviceMemory scratch;
    private boolean open = true;

    /** The context is current. */
    GpuStream(GpuDevice device) {
        this.device = device;
        this.stream = device.context().stream();
        for (int i = 0; i < ENDS; i++) {
            ends.add(device.context().event());
        }
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

    /** A run was queued; gives its number, by which {@link #letWait} and {@link #await} know it. */
    synchronized long queued() {
        stream.record(end(runs));
        return runs++;
    }

    private CudaEvent end(long run) {
        return ends.get((int) (run % ENDS));
    }

    /** What {@code other} queues from now on comes after run {@code run} of this stream. */
    synchronized void letWait(long run, GpuStream other) {
        if (open) {
            other.stream.waitFor(end(run));
        }
    }

    /** Returns when run {@code run} is done. */
    void await(long run) {
        CudaEvent end;
        synchronized (this) {
            if (!open) {
                return;
            }
            end = end(run);
        }
        end.synchronize();
    }

    /** Returns when everything is done, without turning in circles meanwhile. */
    void await() {
        long last;
        synchronized (this) {
            last = runs - 1;
        }
        if (last >= 0) {
            await(last);
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
            device.release(() -> {
                stream.synchronize();
                freeScratch();
                lanes.close();
                ends.forEach(CudaEvent::close);
                stream.close();
            });
            open = false;
        }
    }
}
