package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The OpenMP runtime that oneDNN runs in (libgomp). */
public interface Openmp {
    /** Threads of the parallel regions that the calling thread will open; the setting belongs to the calling thread. */
    void omp_set_num_threads(int threads);

    /**
     * The runtime that oneDNN was linked with.
     *
     * @throws NativeException if oneDNN or its OpenMP runtime cannot be loaded
     */
    static Openmp load() {
        NativeLibraries.onednn();
        return OpenmpFfm.INSTANCE;
    }
}

final class OpenmpFfm implements Openmp {
    static final OpenmpFfm INSTANCE = new OpenmpFfm();

    /** dlopen by soname gives the copy that is already in the process. */
    private static final MethodHandle SET_NUM_THREADS = Linker.nativeLinker()
            .downcallHandle(
                    SymbolLookup.libraryLookup(NativeLibraries.OPENMP, Arena.global()).findOrThrow("omp_set_num_threads"),
                    FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));

    private OpenmpFfm() {}

    @Override
    public void omp_set_num_threads(int threads) {
        try {
            SET_NUM_THREADS.invokeExact(threads);
        } catch (Throwable e) {
            throw OnednnFfm.unexpected(e);
        }
    }
}
