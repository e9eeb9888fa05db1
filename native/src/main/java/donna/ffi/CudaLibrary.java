package donna.ffi;

import java.util.List;

/** The shared libraries of CUDA: under which names they are looked for, the preferred first, and what to install where there is none. */
enum CudaLibrary {
    DRIVER("CUDA driver", List.of(new Soname("libcuda.so.1", 0)), List.of(), "install the NVIDIA driver, version 525 or newer"),
    NVML("NVML", List.of(new Soname("libnvidia-ml.so.1", 0)), List.of(), "install the NVIDIA driver, version 525 or newer"),
    NVRTC(
            "NVRTC",
            List.of(new Soname("libnvrtc.so.13", 13), new Soname("libnvrtc.so.12", 12)),
            List.of("libnvrtc-builtins.so"),
            "install NVIDIA's package cuda-nvrtc, or run: donna devices --install-libs"),
    CUBLASLT(
            "cuBLASLt",
            List.of(new Soname("libcublasLt.so.13", 13), new Soname("libcublasLt.so.12", 12)),
            List.of(),
            "install NVIDIA's package libcublas, or run: donna devices --install-libs"),
    CUDNN(
            "cuDNN",
            List.of(new Soname("libcudnn.so.9", 0), new Soname("libcudnn.so.8", 12)),
            List.of(),
            "install NVIDIA's package libcudnn9, or run: donna devices --install-libs"),
    CUBLAS12("cuBLAS", List.of(new Soname("libcublas.so.12", 12)), List.of(), "install NVIDIA's package libcublas for CUDA 12"),
    CUDNN8("cuDNN", List.of(new Soname("libcudnn.so.8", 12)), List.of(), "install NVIDIA's package libcudnn8 for CUDA 12");

    /**
     * @param file as the linker knows it
     * @param major the major version of CUDA that it belongs to, 0 where the name does not say it
     */
    record Soname(String file, int major) {}

    final String title;
    final List<Soname> names;
    /** How the files begin that the library opens by itself when it works: they are looked for in its own folder, where the linker would not look. */
    final List<String> companions;

    final String remedy;

    CudaLibrary(String title, List<Soname> names, List<String> companions, String remedy) {
        this.title = title;
        this.names = names;
        this.companions = companions;
        this.remedy = remedy;
    }
}
