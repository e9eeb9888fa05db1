package donna.ffi.bind;

import java.lang.foreign.MemorySegment;

/** The functions of one C library. */
@FunctionalInterface
public interface Symbols {
    /**
     * Where the function is.
     *
     * @throws RuntimeException if the library lacks it; thrown to whoever calls the function, each time
     */
    MemorySegment address(String function);
}
