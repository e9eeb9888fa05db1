package donna.bench.gpu;

import donna.ffi.BlasLt;
import donna.ffi.Cuda;
import donna.ffi.CudaBindings;
import donna.ffi.CudaContext;
import donna.ffi.CudaDevice;
import donna.ffi.CudaMonitor;
import donna.ffi.KernelCompiler;
import donna.ffi.NativeException;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The first card of this machine and what drives it.
 *
 * @param driver the driver's version
 * @param cudaOfDriver the newest CUDA that it runs, {@code 12080} for 12.8
 * @param specifiedGBs what the memory's clock and width allow
 * @param before the card's state as this process found it
 */
public record CardFacts(
        String name, String driver, int cudaOfDriver, int capability, int multiprocessors, int maxClockMHz, double memoryGiB, double freeGiB, double l2MiB,
        double specifiedGBs, String nvrtc, String cublasLt, String cudnn, String before) {
    private static final double GIB = 1L << 30;

    /** A file name: {@code nvidia-h100-80gb-hbm3}. */
    public static String shortName(CudaDevice card) {
        return card.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    }

    /** The first card. */
    static CudaDevice card(Cuda cuda) {
        return cuda.devices().stream().findFirst().orElseThrow(() -> new IllegalStateException("the driver finds no card; run nvidia-smi to see its state"));
    }

    /** Reads them; of a library that is missing, why. */
    static CardFacts read() {
        CudaBindings bindings = CudaBindings.load();
        Cuda cuda = Cuda.open(bindings);
        CudaDevice card = card(cuda);
        try (CudaContext context = card.open()) {
            return new CardFacts(
                    card.name(), or(() -> watch(bindings, card, CudaMonitor::driverVersion)), cuda.driverVersion(), card.computeCapability(),
                    card.multiprocessors(), card.clockKHz() / 1000, card.totalBytes() / GIB, context.memory().freeBytes() / GIB,
                    card.l2Bytes() / (double) (1 << 20), card.memoryBytesPerSecond() / 1e9, or(() -> KernelCompiler.open(bindings).version()),
                    or(() -> blas(bindings)), or(() -> Long.toString(bindings.cudnn().cudnnGetVersion())),
                    or(() -> watch(bindings, card, CudaMonitor::state)));
        }
    }

    private static <T> T watch(CudaBindings bindings, CudaDevice card, Function<CudaMonitor, T> question) {
        try (CudaMonitor monitor = CudaMonitor.open(bindings, card)) {
            return question.apply(monitor);
        }
    }

    private static String blas(CudaBindings bindings) {
        try (BlasLt blas = BlasLt.open(bindings)) {
            return blas.version();
        }
    }

    private static String or(Supplier<?> answer) {
        try {
            return String.valueOf(answer.get());
        } catch (NativeException e) {
            return "none: " + e.getMessage();
        }
    }
}
