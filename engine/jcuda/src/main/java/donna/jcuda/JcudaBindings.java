package donna.jcuda;

import donna.ffi.CublasLt;
import donna.ffi.CudaBindings;
import donna.ffi.CudaDriver;
import donna.ffi.CudaPreload;
import donna.ffi.Cudnn;
import donna.ffi.NativeException;
import donna.ffi.Nvml;
import donna.ffi.Nvrtc;

/**
 * The bindings {@code jcuda}. Before a part of JCuda is touched, the library that it needs is loaded from the places where ours are looked for, so that what is
 * missing is named.
 */
public final class JcudaBindings implements CudaBindings {
    private final Handles handles = new Handles();
    private CudaDriver driver;
    private Nvrtc nvrtc;
    private CublasLt blas;
    private Cudnn dnn;

    @Override
    public String name() {
        return "jcuda";
    }

    @Override
    public synchronized CudaDriver driver() {
        if (driver == null) {
            CudaPreload.driver();
            driver = new JcudaDriver(handles, loaded("JCudaDriver", jcuda.driver.JCudaDriver.class));
        }
        return driver;
    }

    @Override
    public synchronized Nvrtc nvrtc() {
        if (nvrtc == null) {
            CudaPreload.nvrtc12();
            nvrtc = new JcudaNvrtc(handles, loaded("JNvrtc", jcuda.nvrtc.JNvrtc.class));
        }
        return nvrtc;
    }

    @Override
    public synchronized CublasLt cublasLt() {
        if (blas == null) {
            CudaPreload.cublas12();
            blas = new JcudaBlas(handles, loaded("JCublas2", jcuda.jcublas.JCublas2.class));
        }
        return blas;
    }

    @Override
    public synchronized Cudnn cudnn() {
        if (dnn == null) {
            CudaPreload.cublas12();
            CudaPreload.cudnn8();
            dnn = new JcudaDnn(handles, loaded("JCudnn", jcuda.jcudnn.JCudnn.class));
        }
        return dnn;
    }

    /** JCuda has no NVML. */
    @Override
    public Nvml nvml() {
        throw new NativeException("jcuda: JCuda has no NVML; leave -D" + PROPERTY + " out to watch the card");
    }

    /** JCuda has no launches with attributes. */
    @Override
    public boolean launchesWithAttributes() {
        return false;
    }

    /** {@code part}'s class, with its native part. */
    private static Class<?> loaded(String part, Class<?> type) {
        Natives.check();
        try {
            return Class.forName(type.getName(), true, type.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            String reason = e.getMessage() == null ? e.toString() : e.getMessage().lines().findFirst().orElse("");
            throw new NativeException("jcuda: " + part + " cannot be loaded: " + reason, e);
        }
    }
}
