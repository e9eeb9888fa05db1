package donna.ffi;

import donna.ffi.bind.Binder;
import donna.ffi.bind.SharedLibrary;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Where CUDA's libraries may lie. In this order: the folders in the environment variable {@value #LIBS}, the toolkit in {@value #HOME}, where the system's
 * linker looks, the usual folders, and what {@code donna devices --install-libs} has unpacked ({@link #installed}).
 */
final class CudaPlaces {
    static final String LIBS = "DONNA_CUDA_LIBS";
    static final String HOME = "CUDA_HOME";

    private static final List<String> TOOLKIT_FOLDERS = List.of("lib64", "lib", "targets/x86_64-linux/lib");
    private static final List<String> USUAL = List.of(
            "/usr/local/cuda/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/local/nvidia/lib64", "/usr/lib/wsl/lib");

    private final Map<String, String> environment;
    private final Path installed;
    private final Function<String, SharedLibrary> system;

    /** {@code system} opens a library by its name alone. */
    CudaPlaces(Map<String, String> environment, Path installed, Function<String, SharedLibrary> system) {
        this.environment = environment;
        this.installed = installed;
        this.system = system;
    }

    /** This process's. */
    static CudaPlaces ofSystem() {
        return new CudaPlaces(System.getenv(), installed(), SharedLibrary::open);
    }

    /** Where {@code donna devices --install-libs} puts libraries: one folder per set. */
    static Path installed() {
        return NativeLibraries.cache().resolveSibling("cuda");
    }

    /**
     * The first library of that kind.
     *
     * @param newestMajor libraries of a newer CUDA than this are passed over
     * @throws NativeException if there is none, or one that was found cannot be loaded
     */
    SharedLibrary open(CudaLibrary library, int newestMajor) {
        List<String> names = library.names.stream().filter(n -> n.major() <= newestMajor).map(CudaLibrary.Soname::file).toList();
        List<Path> before = named();
        List<Path> after = new ArrayList<>(USUAL.stream().map(Path::of).toList());
        after.addAll(sets());
        for (Path folder : before) {
            for (String name : names) {
                if (Files.exists(folder.resolve(name))) {
                    return load(library, folder.resolve(name).toAbsolutePath());
                }
            }
        }
        for (String name : names) {
            try {
                return system.apply(name);
            } catch (UnsatisfiedLinkError e) {
                if (!e.getMessage().startsWith(name + ": cannot open shared object file: No such file")) {
                    throw broken(library, name, e);
                }
            }
        }
        for (Path folder : after) {
            for (String name : names) {
                if (Files.exists(folder.resolve(name))) {
                    return load(library, folder.resolve(name));
                }
            }
        }
        throw new NativeException(library.title + ": found no " + String.join(" and no ", names) + "; looked in " + LIBS + " (" + value(LIBS) + "), "
                + HOME + " (" + value(HOME) + "), the system's library path, " + String.join(", ", USUAL) + " and " + installed + "; "
                + library.remedy);
    }

    /** The functions of {@code library}; one that is missing is named when it is called. */
    static <T> T functions(Class<T> table, CudaLibrary kind, SharedLibrary library) {
        return Binder.implement(table, function -> MemorySegment.ofAddress(library.find(function)
                .orElseThrow(() -> new NativeException(kind.title + ": " + library.file() + " has no function " + function
                        + ", so its version is not one of those supported (CUDA 12 or 13, cuDNN 8.9 or 9); " + kind.remedy))));
    }

    private static SharedLibrary load(CudaLibrary library, Path file) {
        try {
            for (Path companion : companions(library, file.getParent())) {
                SharedLibrary.open(companion.toString());
            }
            return SharedLibrary.open(file.toString());
        } catch (UnsatisfiedLinkError e) {
            throw broken(library, file.toString(), e);
        }
    }

    private static List<Path> companions(CudaLibrary library, Path folder) {
        if (library.companions.isEmpty()) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> library.companions.stream().anyMatch(f.getFileName().toString()::startsWith)).sorted().toList();
        } catch (IOException e) {
            throw new NativeException(library.title + ": " + folder + " cannot be read: " + e + "; check its permissions", e);
        }
    }

    private static NativeException broken(CudaLibrary library, String file, UnsatisfiedLinkError e) {
        return new NativeException(library.title + ": " + file + " is there but cannot be loaded: " + e.getMessage() + "; install what it names", e);
    }

    private List<Path> named() {
        List<Path> folders = new ArrayList<>();
        for (String folder : environment.getOrDefault(LIBS, "").split(File.pathSeparator)) {
            if (!folder.isBlank()) {
                folders.add(Path.of(folder));
            }
        }
        String home = environment.getOrDefault(HOME, "");
        if (!home.isBlank()) {
            TOOLKIT_FOLDERS.forEach(f -> folders.add(Path.of(home).resolve(f)));
        }
        return folders;
    }

    private List<Path> sets() {
        if (!Files.isDirectory(installed)) {
            return List.of();
        }
        try (Stream<Path> inside = Files.list(installed)) {
            return inside.filter(Files::isDirectory).sorted().toList().reversed();
        } catch (IOException e) {
            throw new NativeException("CUDA: " + installed + " cannot be read: " + e + "; check its permissions", e);
        }
    }

    private String value(String variable) {
        String value = environment.getOrDefault(variable, "");
        return value.isBlank() ? "not set" : value;
    }
}
