package donna.data;

import donna.tensor.DonnaException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A data file, gzip or raw (told apart by its first bytes), read front to back with every problem put into one
 * sentence.
 */
final class InputFile implements AutoCloseable {
    /** Deflate cannot shrink more than this, so that a small file cannot ask for much memory. */
    private static final int MAX_RATIO = 1032;

    private final Path path;
    private final InputStream in;
    private final long capacity;
    private long position;

    private InputFile(Path path, InputStream in, long capacity) {
        this.path = path;
        this.in = in;
        this.capacity = capacity;
    }

    static InputFile open(Path path) {
        try {
            long bytes = Files.size(path);
            InputStream raw = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
            try {
                raw.mark(2);
                boolean gzip = raw.read() == 0x1f && raw.read() == 0x8b;
                raw.reset();
                return gzip
                        ? new InputFile(path, new GZIPInputStream(raw, 1 << 16), Math.multiplyExact(bytes, MAX_RATIO))
                        : new InputFile(path, raw, bytes);
            } catch (IOException | RuntimeException e) {
                raw.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw new DonnaException.InvalidInput(path + ": there is no such file", e);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(path + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    /** The next big-endian 32-bit integer. */
    int readInt(String what) {
        byte[] b = readBytes(4, what);
        return (b[0] & 0xff) << 24 | (b[1] & 0xff) << 16 | (b[2] & 0xff) << 8 | (b[3] & 0xff);
    }

    /** The next {@code count} bytes. */
    byte[] readBytes(long count, String what) {
        if (count > Integer.MAX_VALUE - 16 || position + count > capacity) {
            throw new DonnaException.InvalidInput(path + ": expected " + count + " bytes of " + what + " at " + position
                    + ", but the whole file holds at most " + capacity + "; it is truncated or altered");
        }
        try {
            byte[] b = new byte[(int) count];
            int found = in.readNBytes(b, 0, b.length);
            if (found < count) {
                throw truncated(count, found, what, null);
            }
            position += count;
            return b;
        } catch (ZipException e) {
            throw altered(e);
        } catch (EOFException e) {
            throw truncated(count, -1, what, e);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(path + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    /** Checks that nothing follows; reading to the end also verifies a gzip file's checksum. */
    void expectEnd() {
        try {
            if (in.read() >= 0) {
                throw new DonnaException.InvalidInput(path + ": expected " + position
                        + " bytes as its header says, found more; it is altered, fetch it again");
            }
        } catch (EOFException e) {
            throw truncated(0, -1, "checksum", e);
        } catch (IOException e) {
            throw altered(e);
        }
    }

    private DonnaException truncated(long count, int found, String what, Throwable cause) {
        return new DonnaException.InvalidInput(
                path + ": expected " + count + " bytes of " + what + " at " + position + ", found "
                        + (found < 0 ? "the end of the compressed data" : found + "")
                        + "; it is truncated, fetch it again",
                cause);
    }

    private DonnaException altered(IOException cause) {
        return new DonnaException.InvalidInput(
                path + ": damaged after " + position + " bytes (" + cause.getMessage() + "); fetch it again", cause);
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(path + ": cannot be closed (" + e.getMessage() + ")", e);
        }
    }
}
