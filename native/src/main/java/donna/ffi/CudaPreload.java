package donna.ffi;

import java.nio.file.Path;

/**
 * Loads the libraries of CUDA 12 and cuDNN 8 that other native code in this process will ask for by name, from the places where ours are looked for too. Each
 * returns the file that was taken.
 *
 * @see NativeException thrown where there is none: it names what was looked for, where, and what to install
 */
public final class CudaPreload {
    private static final int MAJOR = 12;

    private CudaPreload() {}

    public static Path driver() {
        return open(CudaLibrary.DRIVER);
    }

    public static Path nvrtc12() {
        return open(CudaLibrary.NVRTC);
    }

    public static Path cublas12() {
        open(CudaLibrary.CUBLASLT);
        return open(CudaLibrary.CUBLAS12);
    }

    public static Path cudnn8() {
        return open(CudaLibrary.CUDNN8);
    }

    private static Path open(CudaLibrary library) {
        return CudaPlaces.ofSystem().open(library, MAJOR).file();
    }
}
