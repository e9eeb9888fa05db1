package donna.ffi;

import donna.ffi.bind.Binder;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.net.URI;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Finds, unpacks and loads shared libraries. oneDNN is looked for, in this order, at the path in the system property {@value #PROPERTY}, in the
 * {@code dnnl} and {@code opencl} jars on the class path or module path, and as {@code libdnnl.so.3} where the system looks. Libraries from jars are
 * unpacked once into {@code $XDG_CACHE_HOME/donna/native}, in a folder named by their sizes and check sums that appears whole or not at all.
 */
final class NativeLibraries {
    static final String PROPERTY = "donna.onednn.library";
    static final String OPENMP = "libgomp.so.1";
    private static final String ONEDNN = "libdnnl.so.3";
    private static final String DNNL_FOLDER = "org/bytedeco/dnnl/linux-x86_64/";
    private static final String OPENCL_FOLDER = "org/bytedeco/opencl/linux-x86_64/";

    /** In load order: what a library needs comes before it. */
    private static final List<String> RESOURCES =
            List.of(DNNL_FOLDER + OPENMP, OPENCL_FOLDER + "libOpenCL.so.1", DNNL_FOLDER + ONEDNN);

    private static Onednn onednn;
    private static Openmp openmp;

    private NativeLibraries() {}

    /** oneDNN; loaded on the first call. */
    static synchronized Onednn onednn() {
        if (onednn == null) {
            onednn = functions(Onednn.class, "oneDNN: expected version 3.4 or later", load());
        }
        return onednn;
    }

    /** The OpenMP runtime that oneDNN was linked with: opening it by its name gives the copy that is already in the process. */
    static synchronized Openmp openmp() {
        if (openmp == null) {
            onednn();
            openmp = functions(Openmp.class, "OpenMP: expected libgomp of GCC 4.9 or later", SymbolLookup.libraryLookup(OPENMP, Arena.global()));
        }
        return openmp;
    }

    private static <T> T functions(Class<T> table, String expected, SymbolLookup symbols) {
        return Binder.implement(table, function -> symbols.find(function)
                .orElseThrow(() -> new NativeException(expected + ", but the library that was loaded has no function " + function)));
    }

    private static SymbolLookup load() {
        String given = System.getProperty(PROPERTY);
        if (given != null) {
            return open(Path.of(given).toAbsolutePath());
        }
        if (!System.getProperty("os.name").equals("Linux")) {
            throw new NativeException("oneDNN: this is " + System.getProperty("os.name") + "; only Linux is supported");
        }
        Map<String, ZipFile> jars = new LinkedHashMap<>();
        try {
            for (String resource : RESOURCES) {
                Optional<ZipFile> jar = find(resource);
                jar.ifPresent(j -> jars.put(resource, j));
            }
            if (jars.size() == RESOURCES.size() && System.getProperty("os.arch").equals("amd64")) {
                Path folder = unpack(jars);
                SymbolLookup last = null;
                for (String resource : RESOURCES) {
                    last = open(folder.resolve(fileName(resource)));
                }
                return last;
            }
        } catch (IOException e) {
            throw new NativeException("oneDNN: its jars cannot be unpacked: " + e + "; check that " + cache() + " is writable", e);
        } finally {
            jars.values().forEach(NativeLibraries::closeQuietly);
        }
        return openSystem();
    }

    private static SymbolLookup openSystem() {
        system(OPENMP, "libgomp1");
        return system(ONEDNN, "libdnnl3");
    }

    private static SymbolLookup system(String name, String debianPackage) {
        try {
            return SymbolLookup.libraryLookup(name, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new NativeException(
                    "oneDNN: no dnnl and opencl jars (classifier linux-x86_64) on the class path or module path, and the system has no " + name
                            + "; add the jars org.bytedeco:dnnl and org.bytedeco:opencl, install " + debianPackage + ", or name the library with -D"
                            + PROPERTY + "=PATH",
                    e);
        }
    }

    private static SymbolLookup open(Path file) {
        try {
            System.load(file.toString());
        } catch (UnsatisfiedLinkError e) {
            String hint = String.valueOf(e.getMessage()).contains(OPENMP) ? "install libgomp1 (the OpenMP runtime of GCC)" : "install what it names";
            throw new NativeException("cannot load " + file + ": " + e.getMessage() + "; " + hint, e);
        }
        return SymbolLookup.libraryLookup(file, Arena.global());
    }

    /** The jar that holds {@code resource}: what the class loader knows first, then the jars of the module path and the class path. */
    private static Optional<ZipFile> find(String resource) throws IOException {
        URL url = ClassLoader.getSystemResource(resource);
        if (url != null && url.getProtocol().equals("jar")) {
            String spec = url.getPath();
            return Optional.of(new ZipFile(new File(URI.create(spec.substring(0, spec.indexOf("!/"))))));
        }
        for (Path jar : jars(System.getProperty("jdk.module.path", "") + File.pathSeparator + System.getProperty("java.class.path", ""))) {
            ZipFile zip = new ZipFile(jar.toFile());
            if (zip.getEntry(resource) != null) {
                return Optional.of(zip);
            }
            zip.close();
        }
        return Optional.empty();
    }

    private static List<Path> jars(String path) throws IOException {
        List<Path> all = new ArrayList<>();
        for (String part : path.split(File.pathSeparator)) {
            Path entry = Path.of(part);
            if (!part.isEmpty() && Files.isDirectory(entry)) {
                try (Stream<Path> inside = Files.list(entry)) {
                    inside.filter(NativeLibraries::maybeOurs).sorted().forEach(all::add);
                }
            } else if (maybeOurs(entry)) {
                all.add(entry);
            }
        }
        return all;
    }

    private static boolean maybeOurs(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(".jar") && (name.startsWith("dnnl") || name.startsWith("opencl") || name.startsWith("donna")) && Files.isRegularFile(file);
    }

    private static Path unpack(Map<String, ZipFile> jars) throws IOException {
        StringBuilder key = new StringBuilder("onednn");
        for (Map.Entry<String, ZipFile> e : jars.entrySet()) {
            ZipEntry entry = e.getValue().getEntry(e.getKey());
            key.append('-').append(Long.toHexString(entry.getCrc())).append('.').append(Long.toHexString(entry.getSize()));
        }
        Path folder = cache().resolve(key.toString());
        if (!complete(folder, jars)) {
            Files.createDirectories(cache());
            Path temporary = Files.createTempDirectory(cache(), "unpack");
            for (Map.Entry<String, ZipFile> e : jars.entrySet()) {
                Path file = temporary.resolve(fileName(e.getKey()));
                try (InputStream in = e.getValue().getInputStream(e.getValue().getEntry(e.getKey()))) {
                    Files.copy(in, file);
                }
                try (FileChannel c = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    c.force(true);
                }
            }
            moveOrDrop(temporary, folder);
        }
        return folder;
    }

    /**
     * Two processes may unpack at once: the second finds the folder there and drops its own.
     *
     * @throws IOException if it cannot be moved and {@code folder} is not there
     */
    static void moveOrDrop(Path temporary, Path folder) throws IOException {
        try {
            Files.move(temporary, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            try (Stream<Path> files = Files.list(temporary)) {
                for (Path f : files.toList()) {
                    Files.delete(f);
                }
            }
            Files.delete(temporary);
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
    }

    private static boolean complete(Path folder, Map<String, ZipFile> jars) throws IOException {
        for (Map.Entry<String, ZipFile> e : jars.entrySet()) {
            Path file = folder.resolve(fileName(e.getKey()));
            if (!Files.isRegularFile(file) || Files.size(file) != e.getValue().getEntry(e.getKey()).getSize()) {
                return false;
            }
        }
        return true;
    }

    static Path cache() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg == null || xdg.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return base.resolve("donna").resolve("native");
    }

    private static String fileName(String resource) {
        return resource.substring(resource.lastIndexOf('/') + 1);
    }

    private static void closeQuietly(ZipFile zip) {
        try {
            zip.close();
        } catch (IOException e) {
            throw new NativeException("cannot close " + zip.getName(), e);
        }
    }
}
