package donna.ffi;

/** A convolution, planned once and run any number of times without allocating. By one thread at a time; the caller closes it. */
public interface ConvolutionPlan extends AutoCloseable {
    /** The library's name for how it is computed: for reports. */
    String engine();

    /** Memory that a run needs besides. */
    long workspaceBytes();

    /**
     * Queues it: {@code dst = first * second}, in the order of the arguments of {@link ConvolutionSpec.Pass}.
     *
     * @param workspace {@link #workspaceBytes} on the card, used by nobody else meanwhile
     */
    void run(CudaStream stream, long first, long second, long dst, long workspace);

    @Override
    void close();
}
