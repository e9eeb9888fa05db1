package donna.cuda;

import donna.ffi.CudaStream;
import java.util.List;

/** One thing a plan does on the card. */
interface Step extends AutoCloseable {
    /** The slots it touches. */
    List<Slot> slots();

    /** What runs, for people. */
    String implementation();

    /** Floating-point operations of a matrix product; 0 for what does little but move memory. */
    default double flops() {
        return 0;
    }

    /** Takes the present addresses of {@link #slots}. */
    void moved(long[] addresses);

    /** Queues the work; the card's context is current. */
    void run(CudaStream stream);

    @Override
    default void close() {}
}
