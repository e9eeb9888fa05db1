package donna.cpu;

import java.lang.foreign.MemorySegment;

/** A depthwise pass, forward or to the data, that is run a piece at a time. */
interface PieceWork {
    /** Bytes of {@link #moved}'s scratchpad. */
    long scratchBytes();

    /** {@code src} holds the present piece, {@code dst} all of them. */
    void moved(MemorySegment src, MemorySegment weights, MemorySegment dst, MemorySegment scratchpad);

    /** Before the first piece of a run. */
    default void begin() {}

    void run(int piece, CpuStream stream);

    default void close() {}
}
