package donna.ffi;

import java.lang.foreign.MemorySegment;

/** Work of a stream as a graph: kernels and copies with their order. By one thread at a time; the caller closes it. */
public final class CudaGraph extends Handle {
    private final Cuda cuda;

    CudaGraph(Cuda cuda, long address) {
        super(address);
        this.cuda = cuda;
    }

    /** Kernels, copies and waits. */
    public long nodes() {
        return cuda.readLong("cuGraphGetNodes", out -> cuda.driver().cuGraphGetNodes(address(), MemorySegment.NULL, out));
    }

    /** The graph in the form that is launched; the caller closes it. The graph may be closed before. */
    public CudaGraphExec instantiate() {
        return new CudaGraphExec(
                cuda, cuda.readLong("cuGraphInstantiateWithFlags", out -> cuda.driver().cuGraphInstantiateWithFlags(out, address(), 0)));
    }

    @Override
    void destroy(long address) {
        cuda.check(cuda.driver().cuGraphDestroy(address), "cuGraphDestroy");
    }
}
