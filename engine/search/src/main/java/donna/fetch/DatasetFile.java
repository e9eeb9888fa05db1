package donna.fetch;

import donna.tensor.DonnaException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * One file of a data set, stored under {@code name} or, compressed, {@code name.gz}.
 *
 * @param bytes length of the uncompressed content
 * @param sha256 digest of the uncompressed content, lower-case hexadecimal
 */
public record DatasetFile(String name, long bytes, String sha256) {
    /** Where the file lies in {@code folder}, compressed or not. */
    Optional<Path> in(Path folder) {
        return Stream.of(folder.resolve(name), folder.resolve(name + ".gz"))
                .filter(Files::isRegularFile)
                .findFirst();
    }

    /** Whether a file of that name, whatever its folder, is this one, compressed or not. */
    boolean isNamed(String fileName) {
        return fileName.equals(name) || fileName.equals(name + ".gz");
    }

    /**
     * Compares the content with the digest.
     *
     * @throws DonnaException.InvalidInput if it differs, naming expected and found bytes
     */
    void verify(Path file) {
        long found = 0;
        MessageDigest sha = digest();
        try (InputStream in = content(file)) {
            byte[] chunk = new byte[1 << 16];
            int n = in.read(chunk);
            while (n > 0 && found <= bytes) {
                sha.update(chunk, 0, n);
                found += n;
                n = in.read(chunk);
            }
        } catch (ZipException | EOFException e) {
            throw new DonnaException.InvalidInput(
                    file + ": damaged or truncated after " + found + " of " + bytes + " bytes (" + e.getMessage() + ")",
                    e);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(file + ": cannot be read (" + e.getMessage() + ")", e);
        }
        if (found != bytes) {
            throw new DonnaException.InvalidInput(
                    file + ": expected " + bytes + " bytes, found " + (found > bytes ? "more" : found + ""));
        }
        String got = HexFormat.of().formatHex(sha.digest());
        if (!got.equals(sha256)) {
            throw new DonnaException.InvalidInput(file + ": altered: SHA-256 is " + got + ", expected " + sha256);
        }
    }

    private InputStream content(Path file) throws IOException {
        InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        return file.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw;
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new DonnaException.Unavailable("this Java has no SHA-256; use a complete JDK 25", e);
        }
    }
}
