package donna.ffi;

/** A kernel of a {@link CudaModule}, which must stay open. Thread-safe. */
public final class CudaFunction {
    private static final int MAX_THREADS_PER_BLOCK = 0;
    private static final int SHARED_BYTES = 1;
    private static final int LOCAL_BYTES = 3;
    private static final int REGISTERS = 4;
    private static final int MAX_DYNAMIC_SHARED_BYTES = 8;

    private final Cuda cuda;
    private final String name;
    private final long address;

    CudaFunction(Cuda cuda, String name, long address) {
        this.cuda = cuda;
        this.name = name;
        this.address = address;
    }

    public String name() {
        return name;
    }

    long address() {
        return address;
    }

    /** Threads that a block may have: registers may allow fewer than the card. */
    public int maxThreadsPerBlock() {
        return attribute(MAX_THREADS_PER_BLOCK);
    }

    /** Shared memory of fixed size, per block. */
    public int sharedBytes() {
        return attribute(SHARED_BYTES);
    }

    /** Memory that each thread spills to; 0 is best. */
    public int localBytes() {
        return attribute(LOCAL_BYTES);
    }

    /** Registers of a thread. */
    public int registers() {
        return attribute(REGISTERS);
    }

    /** Allows a launch that much dynamic shared memory: needed beyond 48 KiB. */
    public void allowSharedBytes(int bytes) {
        cuda.check(cuda.driver().cuFuncSetAttribute(address, MAX_DYNAMIC_SHARED_BYTES, bytes), "cuFuncSetAttribute of '" + name + "', " + bytes
                + " bytes of shared memory");
    }

    /** Blocks of that size which one multiprocessor runs side by side. */
    public int blocksPerMultiprocessor(int threads, int dynamicSharedBytes) {
        return cuda.readInt("cuOccupancyMaxActiveBlocksPerMultiprocessor of '" + name + "'", out ->
                cuda.driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(out, address, threads, dynamicSharedBytes));
    }

    private int attribute(int attribute) {
        return cuda.readInt("cuFuncGetAttribute of '" + name + "'", out -> cuda.driver().cuFuncGetAttribute(out, attribute, address));
    }
}
