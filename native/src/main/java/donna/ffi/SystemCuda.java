package donna.ffi;

import donna.ffi.bind.SharedLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Map;

/**
 * NVIDIA's own libraries. Which of several versions is taken follows the machine: none newer than the driver can run, and, where a card of compute
 * capability below 7.5 (Volta) is present, none newer than the last that knows it: CUDA 12, and cuDNN 9.10.
 */
final class SystemCuda implements CudaBindings {
    static final SystemCuda INSTANCE = new SystemCuda(CudaPlaces.ofSystem());

    private static final int NEWEST_MAJOR = 13;
    private static final int LAST_MAJOR_FOR_VOLTA = 12;
    private static final int FIRST_CUDNN_WITHOUT_VOLTA = 91100;
    private static final int TURING = 75;
    private static final int ATTRIBUTE_CAPABILITY_MAJOR = 75;
    private static final int ATTRIBUTE_CAPABILITY_MINOR = 76;

    private final CudaPlaces places;
    private final Map<CudaLibrary, Object> loaded = new EnumMap<>(CudaLibrary.class);

    SystemCuda(CudaPlaces places) {
        this.places = places;
    }

    @Override
    public String name() {
        return FFM;
    }

    @Override
    public synchronized CudaDriver driver() {
        return functions(CudaLibrary.DRIVER, CudaDriver.class, NEWEST_MAJOR);
    }

    @Override
    public synchronized Nvml nvml() {
        return functions(CudaLibrary.NVML, Nvml.class, NEWEST_MAJOR);
    }

    @Override
    public synchronized Nvrtc nvrtc() {
        return functions(CudaLibrary.NVRTC, Nvrtc.class, limits().newestMajor);
    }

    @Override
    public synchronized CublasLt cublasLt() {
        return functions(CudaLibrary.CUBLASLT, CublasLt.class, limits().newestMajor);
    }

    @Override
    public synchronized Cudnn cudnn() {
        Limits limits = limits();
        Cudnn cudnn = functions(CudaLibrary.CUDNN, Cudnn.class, limits.newestMajor);
        long version = cudnn.cudnnGetVersion();
        long major = cudnn.cudnnGetCudartVersion() / 1000;
        if (major > limits.newestMajor || limits.volta && version >= FIRST_CUDNN_WITHOUT_VOLTA) {
            loaded.remove(CudaLibrary.CUDNN);
            throw new NativeException("cuDNN: version " + version + " for CUDA " + major + " was found, but this machine"
                    + (limits.volta ? " has a card of compute capability 7.0, which needs cuDNN 8.9 to 9.10 for CUDA 12" : "'s driver runs CUDA "
                            + limits.newestMajor + " at most") + "; install that, or name its folder in " + CudaPlaces.LIBS);
        }
        return cudnn;
    }

    private <T> T functions(CudaLibrary library, Class<T> table, int newestMajor) {
        return table.cast(loaded.computeIfAbsent(library, l -> {
            SharedLibrary file = places.open(l, newestMajor);
            return CudaPlaces.functions(table, l, file);
        }));
    }

    /** What this machine's driver and cards can run; no limit where there is no driver, since code can be compiled without a card. */
    private record Limits(int newestMajor, boolean volta) {}

    private Limits limits() {
        CudaDriver driver;
        try {
            driver = driver();
        } catch (NativeException e) {
            return new Limits(NEWEST_MAJOR, false);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_INT);
            if (driver.cuInit(0) != 0 || driver.cuDriverGetVersion(out) != 0) {
                return new Limits(NEWEST_MAJOR, false);
            }
            int newest = out.get(ValueLayout.JAVA_INT, 0) / 1000;
            int oldest = Integer.MAX_VALUE;
            int count = driver.cuDeviceGetCount(out) == 0 ? out.get(ValueLayout.JAVA_INT, 0) : 0;
            for (int i = 0; i < count; i++) {
                int major = attribute(driver, out, ATTRIBUTE_CAPABILITY_MAJOR, i);
                oldest = Math.min(oldest, 10 * major + attribute(driver, out, ATTRIBUTE_CAPABILITY_MINOR, i));
            }
            boolean volta = oldest < TURING;
            return new Limits(volta ? Math.min(newest, LAST_MAJOR_FOR_VOLTA) : newest, volta);
        }
    }

    private static int attribute(CudaDriver driver, MemorySegment out, int attribute, int ordinal) {
        if (driver.cuDeviceGet(out, ordinal) != 0 || driver.cuDeviceGetAttribute(out, attribute, out.get(ValueLayout.JAVA_INT, 0)) != 0) {
            throw new NativeException("CUDA driver: device " + ordinal + " does not tell its compute capability; run nvidia-smi to see its state");
        }
        return out.get(ValueLayout.JAVA_INT, 0);
    }
}
