package donna.cuda;

import donna.ffi.CudaStream;
import java.util.List;

/** One thing a plan does on the card. */
interface Step extends AutoCloseable {
    /** The slots it touches. */
    List<Slot> slots();

    /** What runs, for people. */
    String implementation();

    /** Takes the present addresses of {@link #slots}. */
    void moved(long[] addresses);

    /** Queues the work; the card's context is current. */
    void run(CudaStream stream);

    @Override
    default void close() {}
}
