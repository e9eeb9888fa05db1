package donna.fetch;

import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Brings NVIDIA's libraries to a user who has only the driver: NVRTC, cuBLASLt and cuDNN, out of jars that carry them, into a folder where the CUDA backend
 * looks for them. The folder appears whole or not at all.
 */
public final class CudaLibraries {
    /** NVRTC 12.9, which makes code for all cards from Volta to Blackwell; cuBLASLt 12.6 and cuDNN 9.5, made for all up to Hopper. */
    private static final List<Jar> JARS = List.of(
            new Jar("cuda-redist-12.9-9.10-1.5.12-linux-x86_64.jar", "org.bytedeco:cuda-redist:12.9-9.10-1.5.12:jar:linux-x86_64", "libnvrtc"),
            new Jar(
                    "cuda-12.6-9.5-1.5.11-linux-x86_64-redist.jar",
                    "org.bytedeco:cuda:12.6-9.5-1.5.11:jar:linux-x86_64-redist",
                    "libcublas",
                    "libcudnn"));

    private static final String SET = "12.9-9.5";
    private static final List<String> NEEDED = List.of("libnvrtc.so.12", "libcublasLt.so.12", "libcudnn.so.9");
    private static final Pattern LIBRARY = Pattern.compile("(?:.*/)?(lib[A-Za-z0-9_-]+\\.so[.0-9]*)");
    private static final String PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
    private static final long MAX_BYTES = 1L << 30;
    private static final long MINUTES = 60;

    /**
     * A jar of libraries.
     *
     * @param artifact as Maven names it
     * @param prefixes what the names of the wanted libraries begin with
     */
    private record Jar(String file, String artifact, String... prefixes) {
        boolean wants(String library) {
            return Stream.of(prefixes).anyMatch(library::startsWith);
        }
    }

    private final Path home;
    private final Consumer<String> log;

    /**
     * @param home folder of all sets
     * @param log receives a line for each step
     */
    public CudaLibraries(Path home, Consumer<String> log) {
        this.home = home;
        this.log = log;
    }

    /** Where the CUDA backend looks: {@code $XDG_CACHE_HOME/donna/cuda}, or {@code ~/.cache/donna/cuda}. */
    public static Path userHome() {
        return DatasetFetcher.userCache().resolveSibling("cuda");
    }

    /**
     * The folder of the libraries, brought if they are not here yet.
     *
     * @param from a folder that holds the jars; without it Maven brings them (2.4 GB)
     * @throws DonnaException.Unavailable if they cannot be had, with the names of the jars
     */
    public Path install(Optional<Path> from) {
        Path target = home.resolve(SET);
        if (missing(target).isEmpty()) {
            return target;
        }
        try {
            Files.createDirectories(home);
            Path staging = Files.createTempDirectory(home, ".staging-");
            try {
                Path unpacked = Files.createDirectory(staging.resolve("libraries"));
                for (Jar jar : JARS) {
                    unpack(from.isPresent() ? given(from.get(), jar) : byMaven(staging, jar), jar, unpacked);
                }
                List<String> missing = missing(unpacked);
                if (!missing.isEmpty()) {
                    throw new DonnaException.Unavailable("the jars do not hold " + String.join(", ", missing));
                }
                DatasetFetcher.deleteTree(target);
                Files.move(unpacked, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                DatasetFetcher.deleteTree(staging);
            }
            return target;
        } catch (IOException e) {
            throw new DonnaException.Unavailable(
                    "CUDA's libraries cannot be kept in " + home + " (" + e.getClass().getSimpleName() + ": " + e.getMessage()
                            + "); check that 3 GB are free there and the folder may be written to, or choose another with XDG_CACHE_HOME",
                    e);
        }
    }

    private static List<String> missing(Path folder) {
        return NEEDED.stream().filter(n -> !Files.isRegularFile(folder.resolve(n))).toList();
    }

    private static Path given(Path folder, Jar jar) {
        Path file = folder.resolve(jar.file());
        if (!Files.isRegularFile(file)) {
            throw new DonnaException.Unavailable(
                    folder + " does not hold " + jar.file() + ", which is " + jar.artifact() + " of a Maven repository");
        }
        return file;
    }

    private Path byMaven(Path staging, Jar jar) {
        log.accept("bringing " + jar.artifact() + " with Maven");
        try {
            Command.run(staging, List.of("mvn", "-q", "-B", PLUGIN, "-Dartifact=" + jar.artifact(), "-DoutputDirectory=" + staging), MINUTES);
        } catch (DonnaException.Unavailable e) {
            List<String> files = JARS.stream().map(Jar::file).toList();
            throw new DonnaException.Unavailable(
                    e.getMessage() + "; put " + String.join(" and ", files) + " into a folder and name it: donna devices --install-libs=FOLDER", e);
        }
        return given(staging, jar);
    }

    private void unpack(Path file, Jar jar, Path folder) throws IOException {
        List<String> names = new ArrayList<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : zip.stream().toList()) {
                var matcher = LIBRARY.matcher(entry.getName());
                if (matcher.matches() && jar.wants(matcher.group(1))) {
                    copy(zip, entry, folder.resolve(matcher.group(1)));
                    names.add(matcher.group(1));
                }
            }
        }
        log.accept("unpacked " + names.size() + " libraries of " + jar.file());
    }

    private static void copy(ZipFile zip, ZipEntry entry, Path target) throws IOException {
        long copied = 0;
        try (InputStream in = zip.getInputStream(entry);
                OutputStream out = Files.newOutputStream(target)) {
            byte[] chunk = new byte[1 << 16];
            for (int n = in.read(chunk); n > 0; n = in.read(chunk)) {
                copied += n;
                if (copied > MAX_BYTES) {
                    throw new DonnaException.Unavailable(entry.getName() + " has more than " + MAX_BYTES + " bytes, so it is not the library that was meant");
                }
                out.write(chunk, 0, n);
            }
        }
        try (FileChannel channel = FileChannel.open(target, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }
}
