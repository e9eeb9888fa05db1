package donna.ffi;

/** Memory on a card. The caller closes it: at once, or, if it was allocated in the order of a stream, in that order, the stream being open. */
public final class DeviceMemory extends Handle {
    private final Cuda cuda;
    private final long bytes;
    private final CudaStream stream;

    /** {@code stream} is null where memory follows no stream. */
    DeviceMemory(Cuda cuda, long address, long bytes, CudaStream stream) {
        super(address);
        this.cuda = cuda;
        this.bytes = bytes;
        this.stream = stream;
    }

    /** Where it begins, on the card. */
    public long pointer() {
        return address();
    }

    public long bytes() {
        return bytes;
    }

    @Override
    void destroy(long address) {
        if (stream == null) {
            cuda.check(cuda.driver().cuMemFree_v2(address), "cuMemFree");
        } else {
            cuda.check(cuda.driver().cuMemFreeAsync(address, stream.queueing(CudaStream.Work.OTHER)), "cuMemFreeAsync");
        }
    }
}
