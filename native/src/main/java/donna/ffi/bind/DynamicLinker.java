package donna.ffi.bind;

import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;

/** The C library's functions on shared libraries. */
interface DynamicLinker {
    DynamicLinker SYSTEM = Binder.implement(DynamicLinker.class, Linker.nativeLinker().defaultLookup()::findOrThrow);

    /** A handle, or 0. A name without a slash is looked for where the system looks. */
    long dlopen(MemorySegment file, int flags);

    /** The calling thread's last error as a sentence, or null. */
    MemorySegment dlerror();

    /** An address, or 0. */
    long dlsym(long handle, MemorySegment name);

    /** Writes, for {@code RTLD_DI_LINKMAP}, the address of a {@code struct link_map}. */
    int dlinfo(long handle, int request, MemorySegment info);
}
