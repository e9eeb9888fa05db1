package donna.ffi;

import java.lang.foreign.MemorySegment;

/**
 * The memory of the process as one segment, for code that has places of its own as addresses: as this segment is a constant, a compiler knows its bounds and that
 * it never closes, and leaves out the checks of both. Who reads here vouches for the address.
 */
public final class WholeMemory {
    /** Every place's offset is its address. */
    public static final MemorySegment SEGMENT = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** Every address is at most this: what was cut to it by {@code &} is known to lie in {@link #SEGMENT}, even some way further. */
    public static final long ADDRESS = Long.MAX_VALUE >> 1;

    private WholeMemory() {}
}
