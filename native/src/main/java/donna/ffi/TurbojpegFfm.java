package donna.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;

/** {@link Turbojpeg} through the JDK's linker. The library is looked for at the path in {@value #PROPERTY}, then by its sonames where the system looks. */
final class TurbojpegFfm implements Turbojpeg {
    static final String PROPERTY = "donna.turbojpeg.library";
    private static final List<String> SONAMES = List.of("libturbojpeg.so.0", "libturbojpeg.so");
    private static final int MAX_MESSAGE = 200;

    private static TurbojpegFfm instance;

    private final MethodHandle init;
    private final MethodHandle destroy;
    private final MethodHandle header;
    private final MethodHandle decompress;
    private final MethodHandle error;

    private TurbojpegFfm(SymbolLookup library) {
        init = bind(library, "tjInitDecompress", FunctionDescriptor.of(JAVA_LONG));
        destroy = bind(library, "tjDestroy", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
        header = bind(
                library,
                "tjDecompressHeader3",
                FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
        decompress = bind(
                library,
                "tjDecompress2",
                FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
        error = bind(library, "tjGetErrorStr2", FunctionDescriptor.of(ADDRESS, JAVA_LONG));
    }

    static synchronized TurbojpegFfm instance() {
        if (instance == null) {
            instance = new TurbojpegFfm(library());
        }
        return instance;
    }

    private static SymbolLookup library() {
        String given = System.getProperty(PROPERTY);
        if (given != null) {
            try {
                return SymbolLookup.libraryLookup(Path.of(given).toAbsolutePath(), Arena.global());
            } catch (IllegalArgumentException e) {
                throw new NativeException("TurboJPEG: " + given + " cannot be loaded; correct -D" + PROPERTY, e);
            }
        }
        for (String soname : SONAMES) {
            try {
                return SymbolLookup.libraryLookup(soname, Arena.global());
            } catch (IllegalArgumentException e) {
                // Not under this name; after the last one the exception below says so.
            }
        }
        throw new NativeException("no " + SONAMES.getFirst() + " on this system; install libturbojpeg0 (Debian) or libjpeg-turbo, or name it with -D" + PROPERTY
                + "=PATH");
    }

    private static MethodHandle bind(SymbolLookup library, String name, FunctionDescriptor type) {
        MemorySegment symbol = library.find(name)
                .orElseThrow(() -> new NativeException("TurboJPEG: the library has no function " + name + "; version 2 or 3 is needed"));
        return Linker.nativeLinker().downcallHandle(symbol, type);
    }

    private static RuntimeException unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException r ? r : new NativeException("a native call failed", e);
    }

    @Override
    public long tjInitDecompress() {
        try {
            return (long) init.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int tjDestroy(long handle) {
        try {
            return (int) destroy.invokeExact(handle);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int tjDecompressHeader3(long handle, MemorySegment jpeg, long bytes, MemorySegment sizes) {
        try {
            return (int) header.invokeExact(
                    handle, jpeg, bytes, sizes.asSlice(0, 4), sizes.asSlice(4, 4), sizes.asSlice(8, 4), sizes.asSlice(12, 4));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int tjDecompress2(long handle, MemorySegment jpeg, long bytes, MemorySegment dst, int width, int pitch, int height, int format, int flags) {
        try {
            return (int) decompress.invokeExact(handle, jpeg, bytes, dst, width, pitch, height, format, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public String tjGetErrorStr2(long handle) {
        try {
            return ((MemorySegment) error.invokeExact(handle)).reinterpret(MAX_MESSAGE).getString(0);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }
}
