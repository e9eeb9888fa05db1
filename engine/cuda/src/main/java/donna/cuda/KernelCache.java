package donna.cuda;

import donna.ffi.CudaBindings;
import donna.ffi.CudaContext;
import donna.ffi.CudaFunction;
import donna.ffi.CudaModule;
import donna.ffi.KernelCompiler;
import donna.format.AtomicFile;
import donna.kernels.Kernel;
import donna.kernels.KernelFile;
import donna.kernels.Storage;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The kernels, compiled for one card when they are first wanted. What was compiled once is kept in {@code $XDG_CACHE_HOME/donna/cubin}, or the folder in the
 * system property {@value #PROPERTY}, in a file named by the hash of the source, the options and the compiler. Thread-safe; the context is current.
 */
final class KernelCache implements AutoCloseable {
    static final String PROPERTY = "donna.cuda.cache";

    private final KernelCompiler compiler;
    private final CudaContext context;
    private final List<String> options;
    private final String compiledBy;
    private final Path folder;
    private final Map<Compiled<KernelFile>, CudaModule> modules = new HashMap<>();
    private final Map<Compiled<Kernel>, CudaFunction> functions = new HashMap<>();

    /** A kernel or a file for one storage, and with macros. */
    private record Compiled<T>(T of, Storage storage, List<String> macros) {}

    KernelCache(CudaBindings bindings, CudaContext context, int capability) {
        this.compiler = KernelCompiler.open(bindings);
        this.context = context;
        this.options = options(capability, compiler.capabilities());
        this.compiledBy = bindings.name() + " NVRTC " + compiler.version() + " ";
        this.folder = folder();
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

    private static Path folder() {
        String given = System.getProperty(PROPERTY);
        if (given != null) {
            return Path.of(given);
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg == null || xdg.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return base.resolve("donna").resolve("cubin");
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
        Path kept = folder.resolve(hash(compiledBy + String.join(" ", all) + source) + ".cubin");
        try {
            if (Files.isRegularFile(kept)) {
                return context.module(Files.readAllBytes(kept));
            }
            byte[] image = compiler.compile(source, file.fileName(), all).image();
            Files.createDirectories(folder);
            AtomicFile.write(kept, image);
            return context.module(image);
        } catch (IOException e) {
            throw new DonnaException.Unavailable(
                    "cuda: compiled kernels cannot be kept in " + folder + ": " + e + "; name another folder with -D" + PROPERTY + "=PATH", e);
        }
    }

    private static String hash(String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public synchronized void close() {
        modules.values().forEach(CudaModule::close);
        modules.clear();
        functions.clear();
    }
}
