package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * An order of work on a card. Work is queued and runs later; {@link #synchronize} waits. Host memory of a copy stays untouched and open until the stream has
 * done the copy. By one thread at a time; the caller closes it.
 */
public final class CudaStream extends Handle {
    private static final int CAPTURE_THREAD_LOCAL = 1;

    /** What can be queued. */
    enum Work {
        /** A kernel, or a {@link Matmul}, which is kernels. */
        KERNEL,
        /** Copies, fills, convolutions, graphs, events and waits for them, the beginning and the end of a capture. */
        OTHER
    }

    private final Cuda cuda;
    private final Arena arena = Arena.ofShared();
    private final LaunchConfig programmatic;
    private Work last = Work.OTHER;
    private boolean overlaps;

    CudaStream(Cuda cuda, long address) {
        super(address);
        this.cuda = cuda;
        this.programmatic = new LaunchConfig(arena, address);
    }

    /** The stream, for a call that queues {@code work}. */
    long queueing(Work work) {
        last = work;
        return address();
    }

    /**
     * Whether from now on the blocks of a kernel that is queued directly after a kernel or a product come onto the card while that still runs. Such a kernel must
     * itself wait, before it touches memory. Where {@link CudaDevice#launchesProgrammatically}.
     */
    public void overlapKernels(boolean overlap) {
        overlaps = overlap;
    }

    /** Waits for everything that was queued here; errors of the queued work are thrown here too. */
    public void synchronize() {
        cuda.check(cuda.driver().cuStreamSynchronize(address()), "cuStreamSynchronize");
    }

    /** Whether everything that was queued here is done. */
    public boolean idle() {
        int status = cuda.driver().cuStreamQuery(address());
        if (status == Cuda.NOT_READY) {
            return false;
        }
        cuda.check(status, "cuStreamQuery");
        return true;
    }

    /** {@code event} is the point that the queue has reached now. */
    public void record(CudaEvent event) {
        cuda.check(cuda.driver().cuEventRecord(event.address(), queueing(Work.OTHER)), "cuEventRecord");
    }

    /** What is queued from now on waits for {@code event}, as last recorded. */
    public void waitFor(CudaEvent event) {
        cuda.check(cuda.driver().cuStreamWaitEvent(queueing(Work.OTHER), event.address(), 0), "cuStreamWaitEvent");
    }

    /** Host to card; beside the host if {@code src} is {@link PinnedMemory}. */
    public void upload(long dst, MemorySegment src, long bytes) {
        check(src, bytes, "upload");
        cuda.check(cuda.driver().cuMemcpyHtoDAsync_v2(dst, src, bytes, queueing(Work.OTHER)), "cuMemcpyHtoDAsync of " + bytes + " bytes");
    }

    /** Card to host; beside the host if {@code dst} is {@link PinnedMemory}. */
    public void download(MemorySegment dst, long src, long bytes) {
        check(dst, bytes, "download");
        cuda.check(cuda.driver().cuMemcpyDtoHAsync_v2(dst, src, bytes, queueing(Work.OTHER)), "cuMemcpyDtoHAsync of " + bytes + " bytes");
    }

    private static void check(MemorySegment host, long bytes, String what) {
        if (!host.isNative() || host.byteSize() < bytes) {
            throw new NativeException("CUDA: " + what + " of " + bytes + " bytes: the host's segment has " + host.byteSize() + " bytes"
                    + (host.isNative() ? "" : " on the Java heap") + "; expected native memory of that size");
        }
    }

    /** On the card. */
    public void copy(long dst, long src, long bytes) {
        cuda.check(cuda.driver().cuMemcpyDtoDAsync_v2(dst, src, bytes, queueing(Work.OTHER)), "cuMemcpyDtoDAsync of " + bytes + " bytes");
    }

    /** From one card to another. */
    public void copy(CudaContext dstContext, long dst, CudaContext srcContext, long src, long bytes) {
        cuda.check(cuda.driver().cuMemcpyPeerAsync(dst, dstContext.address(), src, srcContext.address(), bytes, queueing(Work.OTHER)),
                "cuMemcpyPeerAsync of " + bytes + " bytes");
    }

    public void fillBytes(long dst, byte value, long bytes) {
        cuda.check(cuda.driver().cuMemsetD8Async(dst, value, bytes, queueing(Work.OTHER)), "cuMemsetD8Async of " + bytes + " bytes");
    }

    public void fillInts(long dst, int value, long count) {
        cuda.check(cuda.driver().cuMemsetD32Async(dst, value, count, queueing(Work.OTHER)), "cuMemsetD32Async of " + count + " words");
    }

    /** Queues a kernel. */
    public void launch(CudaFunction function, LaunchShape shape, KernelArguments arguments) {
        if (overlaps && last == Work.KERNEL) {
            launchProgrammatic(function, shape, arguments);
            return;
        }
        int status = cuda.driver().cuLaunchKernel(function.address(), shape.gridX(), shape.gridY(), shape.gridZ(), shape.blockX(),
                shape.blockY(), shape.blockZ(), shape.sharedBytes(), queueing(Work.KERNEL), arguments.addresses(), MemorySegment.NULL);
        if (status != 0) {
            cuda.check(status, "cuLaunchKernel of '" + function.name() + "' with " + shape);
        }
    }

    private void launchProgrammatic(CudaFunction function, LaunchShape shape, KernelArguments arguments) {
        queueing(Work.KERNEL);
        int status = cuda.driver().cuLaunchKernelEx(programmatic.of(shape), function.address(), arguments.addresses(), MemorySegment.NULL);
        if (status != 0) {
            cuda.check(status, "cuLaunchKernelEx of '" + function.name() + "' with " + shape);
        }
    }

    /** Queues a whole graph. */
    public void launch(CudaGraphExec graph) {
        cuda.check(cuda.driver().cuGraphLaunch(graph.address(), queueing(Work.OTHER)), "cuGraphLaunch");
    }

    /** From now on work is written down instead of done; also that of streams that wait for this one's events. */
    public void beginCapture() {
        cuda.check(cuda.driver().cuStreamBeginCapture_v2(queueing(Work.OTHER), CAPTURE_THREAD_LOCAL), "cuStreamBeginCapture");
    }

    /** What was written down since {@link #beginCapture}; the caller closes it. */
    public CudaGraph endCapture() {
        return new CudaGraph(cuda, cuda.readLong("cuStreamEndCapture", out -> cuda.driver().cuStreamEndCapture(queueing(Work.OTHER), out)));
    }

    /** Whether work is written down. */
    public boolean capturing() {
        return cuda.readInt("cuStreamIsCapturing", out -> cuda.driver().cuStreamIsCapturing(address(), out)) != 0;
    }

    @Override
    void destroy(long address) {
        arena.close();
        cuda.check(cuda.driver().cuStreamDestroy_v2(address), "cuStreamDestroy");
    }
}
