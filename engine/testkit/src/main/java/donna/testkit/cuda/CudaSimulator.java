package donna.testkit.cuda;

import donna.ffi.CublasLt;
import donna.ffi.CudaBindings;
import donna.ffi.CudaDriver;
import donna.ffi.Cudnn;
import donna.ffi.Nvml;
import donna.ffi.Nvrtc;
import donna.ffi.testing.SimulatedCuda;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The bindings called {@value #NAME}: CUDA's functions from the simulator. One for the whole process; thread-safe. Not a service of this module: tests that
 * want it name it in their own {@code META-INF/services}.
 */
public final class CudaSimulator implements CudaBindings {
    /** For {@code -Ddonna.cuda.bindings}. */
    public static final String NAME = "simulator";

    private static SimulatedCuda library;
    private static Path folder;

    /** Called by the service loader. */
    public CudaSimulator() {}

    private static synchronized SimulatedCuda library() {
        if (library == null) {
            Path file = SimulatorBuild.build();
            folder = file.getParent();
            library = SimulatedCuda.open(file);
        }
        return library;
    }

    /**
     * What the simulator has found wrong since {@link #clear}, a sentence each: accesses out of bounds, races, memory read before it was written, leaks. The
     * first of them, leaks aside, has lost the context: every call fails with it until the device is closed.
     */
    public static synchronized List<String> findings() {
        library();
        try {
            Path report = folder.resolve("report");
            return Files.exists(report) ? Files.readAllLines(report) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Forgets {@link #findings}. */
    public static synchronized void clear() {
        library();
        try {
            Files.deleteIfExists(folder.resolve("report"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The names of the cards that there are from now on, at most four; none name the usual single one. No device is open meanwhile. */
    public static synchronized void cards(String... names) {
        write("cards", String.join("\n", names));
    }

    /** Loses a card at the next kernel that it is given: every call on it fails until its device is closed. */
    public static synchronized void lose(int ordinal) {
        write("lost", Integer.toString(ordinal));
    }

    private static void write(String file, String text) {
        library();
        try {
            Files.writeString(folder.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public CudaDriver driver() {
        return library().driver();
    }

    @Override
    public Nvrtc nvrtc() {
        return library().nvrtc();
    }

    @Override
    public CublasLt cublasLt() {
        return library().cublasLt();
    }

    @Override
    public Cudnn cudnn() {
        return library().cudnn();
    }

    @Override
    public Nvml nvml() {
        return library().nvml();
    }
}
