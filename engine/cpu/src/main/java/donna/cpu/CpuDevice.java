package donna.cpu;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.cpu.kernel.Lanes;
import donna.ffi.Dnnl;
import donna.ffi.DnnlElement;
import donna.ffi.NativeException;
import donna.ffi.Openmp;
import donna.graph.Graph;
import donna.tensor.Buffer;
import donna.tensor.DonnaException;
import donna.tensor.Layout;
import java.util.concurrent.atomic.AtomicLong;

/** The CPU: host memory, and the compiled primitives that its plans share. */
final class CpuDevice implements Device {
    /** Alignment of every buffer and slot: a cache line, and a vector. */
    static final long ALIGNMENT = 64;

    private final Dnnl dnnl;
    private final Primitives primitives;
    private final DnnlElement multiplied;
    private final String name;
    private final AtomicLong bytes = new AtomicLong();
    private volatile boolean open = true;

    /** @param precision F32 or BF16 */
    CpuDevice(Dnnl dnnl, Precision precision) {
        this.dnnl = dnnl;
        this.multiplied = precision == Precision.F32 ? DnnlElement.F32 : DnnlElement.BF16;
        this.name = "cpu (oneDNN " + dnnl.description() + (precision == Precision.F32 ? ")" : ", " + precision.word() + ")");
        this.primitives = new Primitives(dnnl);
    }

    void count(long delta) {
        bytes.addAndGet(delta);
    }

    Primitives primitives() {
        return primitives;
    }

    /** What products round their operands to, where that pays. */
    DnnlElement multiplied() {
        return multiplied;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Layout preferredLayout() {
        return new Layout(Lanes.L);
    }

    @Override
    public int concurrency() {
        return Runtime.getRuntime().availableProcessors();
    }

    @Override
    public Buffer allocate(long size) {
        requireOpen();
        return new CpuBuffer(this, size);
    }

    @Override
    public Stream openStream() {
        requireOpen();
        try {
            return new CpuStream(this, dnnl.stream());
        } catch (NativeException e) {
            throw new DonnaException.NativeFailure(e.getMessage(), e);
        }
    }

    @Override
    public Plan compile(Graph graph) {
        requireOpen();
        try {
            oneThread();
            return Lowering.compile(this, graph);
        } catch (NativeException e) {
            throw new DonnaException.NativeFailure(e.getMessage(), e);
        }
    }

    @Override
    public Device inSinglePrecision() {
        return new CpuDevice(Dnnl.open(), Precision.F32);
    }

    @Override
    public long bytesInUse() {
        return bytes.get();
    }

    /**
     * A stream is one core: oneDNN must neither plan for more threads in this thread nor start them. The setting belongs to the calling thread and stays.
     */
    static void oneThread() {
        Openmp.load().omp_set_num_threads(1);
    }

    private void requireOpen() {
        if (!open) {
            throw new DonnaException.Closed(name + ": used after close");
        }
    }

    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            primitives.close();
            dnnl.close();
        }
    }
}
