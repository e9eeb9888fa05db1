package donna.ffi.bind;

import java.lang.foreign.MemorySegment;

/** Text that a C library owns, or that was given to one. */
public final class CText {
    private static final int MAXIMAL = 1 << 24;

    private CText() {}

    /** The text that begins at {@code zeroTerminated}, of any size that the segment has. */
    public static String of(MemorySegment zeroTerminated) {
        return zeroTerminated.address() == 0 ? "no text" : zeroTerminated.reinterpret(MAXIMAL).getString(0);
    }
}
