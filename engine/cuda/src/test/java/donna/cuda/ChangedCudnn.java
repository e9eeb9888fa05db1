package donna.cuda;

import donna.ffi.CublasLt;
import donna.ffi.CudaBindings;
import donna.ffi.CudaDriver;
import donna.ffi.Cudnn;
import donna.ffi.NativeException;
import donna.ffi.Nvml;
import donna.ffi.Nvrtc;
import donna.testkit.cuda.CudaSimulator;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** The simulator with other functions of cuDNN, or with none. */
record ChangedCudnn(CudaBindings simulator, Cudnn changed) implements CudaBindings {
    /** Sees, and may change, the values of an attribute before the library does. */
    interface Change {
        void apply(int name, MemorySegment values);
    }

    /** The simulator without cuDNN. */
    static ChangedCudnn missing() {
        return new ChangedCudnn(new CudaSimulator(), null);
    }

    /** The simulator, whose cuDNN is told other attributes than the caller says. */
    static ChangedCudnn with(Change change) {
        Cudnn cudnn = new CudaSimulator().cudnn();
        return new ChangedCudnn(new CudaSimulator(), (Cudnn) Proxy.newProxyInstance(
                Cudnn.class.getClassLoader(), new Class<?>[] {Cudnn.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("cudnnBackendSetAttribute")) {
                        change.apply((int) arguments[1], (MemorySegment) arguments[4]);
                    }
                    try {
                        return method.invoke(cudnn, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    @Override
    public Cudnn cudnn() {
        if (changed == null) {
            throw new NativeException("cuDNN: found no libcudnn.so.9");
        }
        return changed;
    }

    @Override
    public String name() {
        return simulator.name();
    }

    @Override
    public CudaDriver driver() {
        return simulator.driver();
    }

    @Override
    public Nvrtc nvrtc() {
        return simulator.nvrtc();
    }

    @Override
    public CublasLt cublasLt() {
        return simulator.cublasLt();
    }

    @Override
    public Nvml nvml() {
        return simulator.nvml();
    }
}
