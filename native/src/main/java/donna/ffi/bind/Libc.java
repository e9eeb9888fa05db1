package donna.ffi.bind;

import java.lang.foreign.Linker;

/** The functions of the C library of Linux that we call; addresses are longs. */
public interface Libc {
    Libc SYSTEM = Binder.implement(Libc.class, Linker.nativeLinker().defaultLookup()::findOrThrow);

    /** Maps pages; returns their address, or -1. */
    long mmap(long address, long length, int protection, int flags, int file, long offset);

    int munmap(long address, long length);

    int madvise(long address, long length, int advice);
}
