package donna.ffi;

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
        return NativeLibraries.openmp();
    }
}
