package donna.cuda;

import donna.ffi.CudaBindings;
import donna.ffi.CudaContext;
import donna.ffi.CudaFunction;
import donna.ffi.CudaModule;
import donna.ffi.KernelCompiler;
import donna.kernels.Kernel;
import donna.kernels.KernelFile;
import donna.kernels.Storage;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The kernels, compiled for one card when they are first wanted. What was compiled once is kept, for the source, the options and the compiler. Thread-safe;
 * the context is current.
 */
final class KernelCache implements AutoCloseable {
    private static final String ENDING = ".cubin";

    private final KernelCompiler compiler;
    private final CudaContext context;
    private final List<String> options;
    private final String compiledBy;
    private final DiskCache kept;
    private final Map<Compiled<KernelFile>, CudaModule> modules = new HashMap<>();
    private final Map<Compiled<Kernel>, CudaFunction> functions = new HashMap<>();

    /** A kernel or a file for one storage, and with macros. */
    private record Compiled<T>(T of, Storage storage, List<String> macros) {}

    KernelCache(CudaBindings bindings, CudaContext context, int capability, DiskCache kept) {
        this.compiler = KernelCompiler.open(bindings);
        this.context = context;
        this.options = options(capability, compiler.capabilities());
        this.compiledBy = bindings.name() + " NVRTC " + compiler.version() + " ";
        this.kept = kept;
    }

    /**
     * For machine code for the card; for PTX, which the driver compiles, where the card is newer than the compiler. A source need not use all of its header
     * (remark 177).
     */
    static List<String> options(int capability, List<Integer> known) {
        int newest = known.getLast();
        if (!known.contains(capability) && capability < newest) {
            throw new DonnaException.Unavailable("cuda: the card has compute capability " + capability / 10 + "." + capability % 10
                    + ", which this NVRTC no longer compiles for; it knows " + known + "; install CUDA 12.x beside it");
        }
        return List.of("--gpu-architecture=" + (known.contains(capability) ? "sm_" + capability : "compute_" + newest), "--std=c++17", "--diag-suppress=177");
    }

    /** @param macros {@code NAME=value}, one of the kernel's file's {@linkplain KernelFile#variants variants} */
    synchronized CudaFunction function(Kernel kernel, Storage storage, List<String> macros) {
        return functions.computeIfAbsent(new Compiled<>(kernel, storage, macros), k ->
                modules.computeIfAbsent(new Compiled<>(kernel.file(), storage, macros), this::load).function(kernel.entry()));
    }

    private CudaModule load(Compiled<KernelFile> wanted) {
        KernelFile file = wanted.of;
        String source = file.source();
        List<String> all = new ArrayList<>(options);
        all.add(wanted.storage.option());
        wanted.macros.forEach(m -> all.add("-D" + m));
        String made = compiledBy + String.join(" ", all) + source;
        return context.module(kept.read(made, ENDING).orElseGet(() -> {
            byte[] image = compiler.compile(source, file.fileName(), all).image();
            kept.write(made, ENDING, image);
            return image;
        }));
    }

    @Override
    public synchronized void close() {
        modules.values().forEach(CudaModule::close);
        modules.clear();
        functions.clear();
    }
}
