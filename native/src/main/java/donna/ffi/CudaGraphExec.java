package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A graph that can be launched any number of times with {@link CudaStream#launch(CudaGraphExec)}. By one thread at a time; the caller closes it. */
public final class CudaGraphExec extends Handle {
    private static final int UPDATE_FAILURE = 910;

    /** {@code CUgraphExecUpdateResultInfo}: an enum and two node handles. */
    private static final long UPDATE_INFO_BYTES = 24;

    private final Cuda cuda;

    CudaGraphExec(Cuda cuda, long address) {
        super(address);
        this.cuda = cuda;
    }

    /** Takes over the arguments and shapes of {@code graph}; false if it is built otherwise, and this one is as before. */
    public boolean update(CudaGraph graph) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(UPDATE_INFO_BYTES, 8);
            int status = cuda.driver().cuGraphExecUpdate_v2(address(), graph.address(), info);
            if (status == UPDATE_FAILURE) {
                return false;
            }
            cuda.check(status, "cuGraphExecUpdate");
            return true;
        }
    }

    /** Brings the graph onto the card, so that the first launch is as fast as the next. */
    public void upload(CudaStream stream) {
        cuda.check(cuda.driver().cuGraphUpload(address(), stream.queueing(CudaStream.Work.OTHER)), "cuGraphUpload");
    }

    @Override
    void destroy(long address) {
        cuda.check(cuda.driver().cuGraphExecDestroy(address), "cuGraphExecDestroy");
    }
}
