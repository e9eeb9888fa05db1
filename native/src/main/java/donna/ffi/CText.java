package donna.ffi;

import java.lang.foreign.MemorySegment;

/** Text that a C library owns. */
final class CText {
    private static final int MAXIMAL = 1 << 16;

    private CText() {}

    /** The text that begins at {@code zeroTerminated}. */
    static String of(MemorySegment zeroTerminated) {
        return zeroTerminated.address() == 0 ? "no text" : zeroTerminated.reinterpret(MAXIMAL).getString(0);
    }
}
