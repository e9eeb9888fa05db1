package donna.ffi;

/**
 * The C libraries of CUDA, however they are called. Each method loads its library on the first call and gives the same object ever after; thread-safe.
 *
 * @see NativeException thrown where a library cannot be loaded: it names what was looked for, where, and what to install
 */
public interface CudaBindings {
    /** How the libraries are called, for people: {@code ffm}, {@code jcuda}. */
    String name();

    CudaDriver driver();

    Nvrtc nvrtc();

    CublasLt cublasLt();

    Cudnn cudnn();

    Nvml nvml();
}
