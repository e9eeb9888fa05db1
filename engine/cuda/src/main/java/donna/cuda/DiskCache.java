package donna.cuda;

import donna.format.AtomicFile;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What was made once for a card, in {@code $XDG_CACHE_HOME/donna/cubin}, or the folder in the system property {@value #PROPERTY}: each in a file named by the
 * hash of all that it was made from. Thread-safe.
 */
final class DiskCache {
    static final String PROPERTY = "donna.cuda.cache";

    private final Path folder = folder();

    private static Path folder() {
        String given = System.getProperty(PROPERTY);
        if (given != null) {
            return Path.of(given);
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg == null || xdg.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return base.resolve("donna").resolve("cubin");
    }

    /** What is kept for {@code source}. */
    Optional<byte[]> read(String source, String ending) {
        Path file = file(source, ending);
        try {
            return Files.isRegularFile(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** Keeps {@code content} for {@code source}. */
    void write(String source, String ending, byte[] content) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw unusable(e);
        }
        AtomicFile.write(file(source, ending), content);
    }

    private DonnaException unusable(IOException e) {
        return new DonnaException.Unavailable(
                "cuda: what is compiled or measured cannot be kept in " + folder + ": " + e + "; name another folder with -D" + PROPERTY + "=PATH", e);
    }

    private Path file(String source, String ending) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(source.getBytes(StandardCharsets.UTF_8));
            return folder.resolve(HexFormat.of().formatHex(hash) + ending);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
