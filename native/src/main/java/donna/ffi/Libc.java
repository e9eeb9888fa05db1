package donna.ffi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/** The functions of the C library of Linux that we call; addresses are longs. */
interface Libc {
    /** Maps pages; returns their address, or -1. */
    long mmap(long address, long length, int protection, int flags, int file, long offset);

    int munmap(long address, long length);

    int madvise(long address, long length, int advice);

    static Libc load() {
        return LibcFfm.INSTANCE;
    }
}

final class LibcFfm implements Libc {
    static final LibcFfm INSTANCE = new LibcFfm();

    private static final MethodHandle MMAP =
            bind("mmap", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MUNMAP = bind("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle MADVISE = bind("madvise", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));

    private LibcFfm() {}

    private static MethodHandle bind(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }

    @Override
    public long mmap(long address, long length, int protection, int flags, int file, long offset) {
        try {
            return (long) MMAP.invokeExact(address, length, protection, flags, file, offset);
        } catch (Throwable e) {
            throw OnednnFfm.unexpected(e);
        }
    }

    @Override
    public int munmap(long address, long length) {
        try {
            return (int) MUNMAP.invokeExact(address, length);
        } catch (Throwable e) {
            throw OnednnFfm.unexpected(e);
        }
    }

    @Override
    public int madvise(long address, long length, int advice) {
        try {
            return (int) MADVISE.invokeExact(address, length, advice);
        } catch (Throwable e) {
            throw OnednnFfm.unexpected(e);
        }
    }
}
