package donna.ffi.bind;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.OptionalLong;

/** A shared library in this process; it stays there. Thread-safe. */
public final class SharedLibrary {
    private static final int NOW = 2;
    private static final int LINK_MAP = 2;
    private static final int MAXIMAL_TEXT = 1 << 16;

    private final long handle;
    private final Path file;

    private SharedLibrary(long handle, Path file) {
        this.handle = handle;
        this.file = file;
    }

    /**
     * Opens a library by path, or by a name that the system looks for.
     *
     * @throws UnsatisfiedLinkError with the linker's own sentence
     */
    public static SharedLibrary open(String pathOrName) {
        // Forgets an older error; and binds dlerror, which the lookup that binding does would make forget a newer one.
        DynamicLinker.SYSTEM.dlerror();
        try (Arena arena = Arena.ofConfined()) {
            long handle = DynamicLinker.SYSTEM.dlopen(arena.allocateFrom(pathOrName), NOW);
            if (handle == 0) {
                throw new UnsatisfiedLinkError(text(DynamicLinker.SYSTEM.dlerror()));
            }
            return new SharedLibrary(handle, fileOf(arena, handle, pathOrName));
        }
    }

    private static Path fileOf(Arena arena, long handle, String opened) {
        MemorySegment map = arena.allocate(ValueLayout.JAVA_LONG);
        if (DynamicLinker.SYSTEM.dlinfo(handle, LINK_MAP, map) != 0) {
            return Path.of(opened);
        }
        // struct link_map begins with the load address; the file's name is next.
        MemorySegment entry = MemorySegment.ofAddress(map.get(ValueLayout.JAVA_LONG, 0)).reinterpret(16);
        return Path.of(text(entry.get(ValueLayout.ADDRESS, 8)));
    }

    private static String text(MemorySegment zeroTerminated) {
        return zeroTerminated.address() == 0 ? "no reason given" : zeroTerminated.reinterpret(MAXIMAL_TEXT).getString(0);
    }

    /** The file that the linker took. */
    public Path file() {
        return file;
    }

    /** Where a symbol is; empty if the library has none of that name. */
    public OptionalLong find(String symbol) {
        try (Arena arena = Arena.ofConfined()) {
            long address = DynamicLinker.SYSTEM.dlsym(handle, arena.allocateFrom(symbol));
            return address == 0 ? OptionalLong.empty() : OptionalLong.of(address);
        }
    }
}
