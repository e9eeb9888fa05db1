package donna.ffi;

import java.util.List;
import java.util.ServiceLoader;

/**
 * The C libraries of CUDA, however they are called. Each method loads its library on the first call and gives the same object ever after; thread-safe. It
 * throws {@link NativeException} where the library cannot be loaded: what was looked for, where, and what to install.
 */
public interface CudaBindings {
    /** System property that chooses among the bindings by name. */
    String PROPERTY = "donna.cuda.bindings";

    /** NVIDIA's libraries through the Foreign Function and Memory API: the default. */
    String FFM = "ffm";

    /** How the libraries are called: {@value #FFM}, {@code jcuda}. */
    String name();

    CudaDriver driver();

    Nvrtc nvrtc();

    CublasLt cublasLt();

    Cudnn cudnn();

    Nvml nvml();

    /** Whether {@link CudaDriver#cuLaunchKernelEx} can be called. */
    default boolean launchesWithAttributes() {
        return true;
    }

    /**
     * Those that {@value #PROPERTY} names; {@value #FFM} where it names none.
     *
     * @throws NativeException if there are none of that name
     */
    static CudaBindings load() {
        String wanted = System.getProperty(PROPERTY, FFM);
        if (wanted.equals(FFM)) {
            return SystemCuda.INSTANCE;
        }
        List<CudaBindings> others = ServiceLoader.load(CudaBindings.class).stream().map(ServiceLoader.Provider::get).toList();
        return others.stream().filter(b -> b.name().equals(wanted)).findFirst().orElseThrow(() -> new NativeException(
                "-D" + PROPERTY + "=" + wanted + ": here are " + FFM + others.stream().map(b -> ", " + b.name()).reduce("", String::concat)
                        + "; add the module that provides " + wanted + " or leave the property out"));
    }
}
