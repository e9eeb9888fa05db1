package donna.cpu;

import donna.backend.Device;
import donna.backend.Stream;
import donna.ffi.DnnlStream;
import donna.tensor.DonnaException;
import java.lang.foreign.MemorySegment;

/** One core's order of work. Its scratch memory only grows; {@link #generation} tells plans when it has moved. */
final class CpuStream implements Stream {
    private final CpuDevice device;
    private final DnnlStream dnnl;
    private OwnedMemory scratch;
    private int generation;
    private Thread thread;
    private boolean open = true;

    CpuStream(CpuDevice device, DnnlStream dnnl) {
        this.device = device;
        this.dnnl = dnnl;
        this.scratch = new OwnedMemory(device, 0);
    }

    /** Makes the calling thread ready to run steps, with at least {@code bytes} of scratch memory. */
    void enter(long bytes) {
        if (!open) {
            throw new DonnaException.Closed("stream: used after close");
        }
        Thread now = Thread.currentThread();
        if (thread != now) {
            thread = now;
            CpuDevice.oneThread();
        }
        if (bytes > scratch.segment().byteSize()) {
            scratch.close();
            scratch = new OwnedMemory(device, bytes);
            generation++;
        }
    }

    MemorySegment scratch() {
        return scratch.segment();
    }

    int generation() {
        return generation;
    }

    DnnlStream dnnl() {
        return dnnl;
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public void synchronize() {}

    @Override
    public void close() {
        if (open) {
            open = false;
            scratch.close();
            dnnl.close();
        }
    }
}
