package donna.cuda;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.ffi.BlasLt;
import donna.ffi.Cuda;
import donna.ffi.CudaContext;
import donna.ffi.CudaDevice;
import donna.ffi.NativeException;
import donna.graph.Graph;
import donna.kernels.Storage;
import donna.tensor.Buffer;
import donna.tensor.DonnaException;
import donna.tensor.Layout;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** A card with its context, compiled kernels, and libraries of products and convolutions. */
final class GpuDevice implements Device {
    /** Streams whose work can overlap on a card while the host prepares more. */
    private static final int STREAMS = 4;

    /** Networks in one graph: enough to fill a card with small ones, and few enough for graphs that are quickly made. */
    private static final int MEMBERS = 32;

    private final Cuda cuda;
    private final CudaDevice card;
    private final String name;
    private final String kind;
    private final Arithmetic arithmetic;
    private final CudaContext context;
    private final ProductPlans products;
    private final Convolutions convolutions;
    private final KernelCache kernels;
    private final Staging staging;
    private final long scratchLimit;
    private final Object order = new Object();
    private final AtomicLong bytes = new AtomicLong();
    private volatile boolean open = true;
    private volatile boolean lost;

    /**
     * Opens the card in this thread.
     *
     * @param fast whether products take the algorithm that is measured to be the fastest
     */
    GpuDevice(Cuda cuda, CudaDevice card, Arithmetic arithmetic, boolean fast) {
        this.cuda = cuda;
        this.card = card;
        this.arithmetic = arithmetic;
        context = card.open();
        boolean finished = false;
        try {
            kind = card.name() + ", sm_" + card.computeCapability() + ", " + arithmetic.precision().word() + (fast ? ", fast" : "");
            name = "cuda:" + card.ordinal() + " (" + kind + ")";
            DiskCache kept = new DiskCache();
            kernels = new KernelCache(cuda.bindings(), context, card.computeCapability(), kept);
            BlasLt blas = BlasLt.open(cuda.bindings());
            String timed = card.name() + ", " + card.multiprocessors() + " multiprocessors, cuBLASLt " + blas.version();
            products = new ProductPlans(blas, fast ? Optional.of(new FastestProducts(context, kept, timed, order)) : Optional.empty());
            convolutions = new Convolutions(cuda.bindings(), name);
            staging = new Staging(context);
            scratchLimit = card.totalBytes() / (2 * STREAMS);
            finished = true;
        } finally {
            if (!finished) {
                context.close();
            }
        }
    }

    /** Does something with the context current, and tells errors of the libraries as the engine's. */
    <T> T call(Supplier<T> action) {
        try {
            context.makeCurrent();
            return action.get();
        } catch (NativeException e) {
            if (e.status() == Cuda.OUT_OF_MEMORY) {
                throw new DonnaException.OutOfMemory(name + ": out of memory with " + bytes.get() + " bytes in use: " + e.getMessage()
                        + "; use a smaller batch, fewer candidates at a time, or a card with more memory", e);
            }
            lost |= Cuda.isLost(e.status());
            throw new DonnaException.NativeFailure(name + ": " + e.getMessage() + (lost ? "; the card is lost to this process, start it again" : ""), e);
        }
    }

    /** As {@link #call}. */
    void run(Runnable action) {
        call(() -> {
            action.run();
            return null;
        });
    }

    /** As {@link #run}, to free something. Of a lost card there is nothing to free, and what lost it was told to who used it. */
    void release(Runnable action) {
        if (!lost) {
            run(action);
        }
    }

    void count(long delta) {
        bytes.addAndGet(delta);
    }

    Arithmetic arithmetic() {
        return arithmetic;
    }

    /** Whether kernels can come onto the card while those before them in a stream end. */
    boolean overlapsKernels() {
        return card.launchesProgrammatically();
    }

    /** Held while a run is queued, so that runs that use one buffer have one order. */
    Object order() {
        return order;
    }

    /** Scratch memory beyond which branches do not run side by side: with that much for every stream, half of the card's memory is left. */
    long scratchLimit() {
        return scratchLimit;
    }

    /** The card's generation, {@code 10 * major + minor}. */
    int capability() {
        return card.computeCapability();
    }

    CudaContext context() {
        return context;
    }

    ProductPlans products() {
        return products;
    }

    Convolutions convolutions() {
        return convolutions;
    }

    KernelCache kernels() {
        return kernels;
    }

    Staging staging() {
        return staging;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String kind() {
        return kind;
    }

    @Override
    public Layout preferredLayout() {
        return Layout.CHANNELS_LAST;
    }

    @Override
    public int concurrency() {
        return STREAMS;
    }

    @Override
    public Buffer allocate(long size) {
        requireOpen();
        return call(() -> new GpuBuffer(this, size));
    }

    @Override
    public Stream openStream() {
        requireOpen();
        return call(() -> new GpuStream(this));
    }

    @Override
    public Plan compile(Graph graph) {
        requireOpen();
        return call(() -> Lowering.compile(this, graph));
    }

    @Override
    public Device inSinglePrecision() {
        return new GpuDevice(cuda, card, Arithmetic.of(Precision.F32, card), false);
    }

    @Override
    public int membersAtOnce() {
        return MEMBERS;
    }

    @Override
    public boolean wantsScaledLoss() {
        return arithmetic.storage() == Storage.F16;
    }

    @Override
    public long bytesInUse() {
        return lost ? 0 : bytes.get();
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
            release(() -> {
                staging.close();
                convolutions.close();
                products.close();
                kernels.close();
            });
            try {
                context.close();
            } catch (NativeException e) {
                if (!lost) {
                    throw new DonnaException.NativeFailure(name + ": " + e.getMessage(), e);
                }
            }
        }
    }
}
