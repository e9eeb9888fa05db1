package donna.cuda;

import donna.ffi.CudaStream;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** One thing a plan does on the card. */
interface Step extends AutoCloseable {
    /** The slots it touches. */
    List<Slot> slots();

    /** What runs, for people. */
    String implementation();

    /** Bytes that it reads and writes, workspace apart. */
    default long operandBytes() {
        return slots().stream().mapToLong(Slot::bytes).sum();
    }

    /** Floating-point operations of a matrix product; 0 for what does little but move memory. */
    default double flops() {
        return 0;
    }

    /** Rows, columns and the length of the sums of a matrix product, and of how many; empty for all else. */
    default String sizes() {
        return "";
    }

    /** Device memory that holds what the step looks up about its slots; 0 for most. */
    default long tableBytes() {
        return 0;
    }

    /** Says where those bytes are. */
    default void tableAt(long pointer) {}

    /** Writes them, for the addresses taken last. */
    default void writeTable(MemorySegment table) {}

    /** Takes the present addresses of {@link #slots}. */
    void moved(long[] addresses);

    /** Queues the work; the card's context is current. */
    void run(CudaStream stream);

    @Override
    default void close() {}
}
