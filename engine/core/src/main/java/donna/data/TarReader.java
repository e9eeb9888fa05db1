package donna.data;

import donna.tensor.DonnaException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * Reads a tar archive, plain or gzip (told apart by its first bytes), front to back without unpacking it. Knows
 * ustar, GNU long names and pax paths; anything that is not a regular file is passed over. Names are data only:
 * nothing is ever written where they point. Not thread-safe. Source: POSIX.1-2017, pax interchange format.
 */
public final class TarReader implements AutoCloseable {
    private static final int BLOCK = 512;
    /** Longest name or pax record that is taken. */
    private static final int MAX_NAME = 1 << 16;

    private final Path file;
    private final InputStream in;
    private String name = "";
    private long size;
    private long left;
    private long padding;

    /** @throws DonnaException.InvalidInput if the file is missing or cannot be read */
    public TarReader(Path file) {
        this.file = file;
        try {
            InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
            try {
                raw.mark(2);
                boolean gzip = raw.read() == 0x1f && raw.read() == 0x8b;
                raw.reset();
                in = gzip ? new BufferedInputStream(new GZIPInputStream(raw, 1 << 16), 1 << 16) : raw;
            } catch (IOException e) {
                raw.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw new DonnaException.InvalidInput(file + ": there is no such file", e);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(file + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    /**
     * Goes to the next regular file.
     *
     * @return false at the archive's end
     * @throws DonnaException.InvalidInput if the archive is truncated or altered
     */
    public boolean next() {
        String longName = "";
        byte[] header = new byte[BLOCK];
        while (true) {
            skip();
            if (!readHeader(header)) {
                return false;
            }
            size = number(header, 124, 12);
            left = size;
            padding = (BLOCK - size % BLOCK) % BLOCK;
            switch (header[156]) {
                case 0, '0', '7' -> {
                    name = longName.isEmpty() ? headerName(header) : longName;
                    return true;
                }
                case 'L' -> longName = text(content(MAX_NAME));
                case 'x' -> longName = paxPath(content(MAX_NAME), longName);
                case 'g' -> content(MAX_NAME);
                default -> longName = "";
            }
        }
    }

    /** Path of the current file inside the archive, without a leading {@code ./}. */
    public String name() {
        return name.startsWith("./") ? name.substring(2) : name;
    }

    /** Bytes of the current file. */
    public long size() {
        return size;
    }

    /**
     * The current file's bytes.
     *
     * @throws DonnaException.InvalidInput if they are more than {@code limit} or the archive ends within them
     */
    public byte[] content(int limit) {
        if (left > limit) {
            throw new DonnaException.InvalidInput(file + ": '" + name() + "' has " + left + " bytes, expected at most "
                    + limit + "; it is altered or of another kind");
        }
        try {
            byte[] b = in.readNBytes((int) left);
            if (b.length < left) {
                throw truncated();
            }
            left = 0;
            return b;
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    private void skip() {
        try {
            in.skipNBytes(left + padding);
            left = 0;
            padding = 0;
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    /**
     * False at the end, which is a block of zeros; the rest is read too, so that a gzip file's checksum is
     * verified.
     */
    private boolean readHeader(byte[] header) {
        try {
            if (in.readNBytes(header, 0, BLOCK) < BLOCK) {
                throw truncated();
            }
        } catch (IOException e) {
            throw damaged(e);
        }
        long sum = 8 * ' ';
        boolean zero = true;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? 0 : header[i] & 0xff;
            zero &= header[i] == 0;
        }
        if (!zero && number(header, 148, 8) != sum) {
            throw new DonnaException.InvalidInput(
                    file + ": after '" + name() + "' comes no tar header; it is altered, or no tar or tar.gz file");
        }
        if (zero) {
            drain();
        }
        return !zero;
    }

    private void drain() {
        try {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    /** Octal digits, or GNU's big-endian form whose first bit is set. */
    private long number(byte[] header, int at, int length) {
        long n = 0;
        if (header[at] < 0) {
            for (int i = at + length - 8; i < at + length; i++) {
                n = n << 8 | header[i] & 0xff;
            }
        } else {
            for (int i = at; i < at + length && header[i] != 0; i++) {
                if (header[i] >= '0' && header[i] <= '7') {
                    n = n * 8 + header[i] - '0';
                } else if (header[i] != ' ') {
                    n = -1;
                    break;
                }
            }
        }
        if (n < 0 || n > 1L << 50) {
            throw new DonnaException.InvalidInput(
                    file + ": after '" + name() + "' comes a damaged tar header; it is altered");
        }
        return n;
    }

    private static String headerName(byte[] header) {
        String base = field(header, 0, 100);
        boolean ustar = field(header, 257, 6).startsWith("ustar") && header[262] == 0;
        String prefix = ustar ? field(header, 345, 155) : "";
        return prefix.isEmpty() ? base : prefix + "/" + base;
    }

    private static String field(byte[] header, int at, int length) {
        int end = at;
        while (end < at + length && header[end] != 0) {
            end++;
        }
        return new String(header, at, end - at, StandardCharsets.UTF_8);
    }

    private static String text(byte[] b) {
        int n = b.length;
        while (n > 0 && b[n - 1] == 0) {
            n--;
        }
        return new String(b, 0, n, StandardCharsets.UTF_8);
    }

    /** Records are {@code "<length> <key>=<value>\n"}. */
    private String paxPath(byte[] b, String otherwise) {
        int at = 0;
        String path = otherwise;
        while (at < b.length) {
            int n = 0;
            int p = at;
            while (p < b.length && b[p] >= '0' && b[p] <= '9' && n < MAX_NAME) {
                n = n * 10 + b[p++] - '0';
            }
            if (p == at || p >= b.length || b[p] != ' ' || at + n > b.length || at + n <= p + 1) {
                throw new DonnaException.InvalidInput(
                        file + ": holds a damaged pax header after '" + name() + "'; it is altered");
            }
            String record = new String(b, p + 1, at + n - p - 2, StandardCharsets.UTF_8);
            if (record.startsWith("path=")) {
                path = record.substring(5);
            }
            at += n;
        }
        return path;
    }

    private DonnaException truncated() {
        return new DonnaException.InvalidInput(
                file + ": ends within '" + name() + "' or its header; it is truncated, fetch it again");
    }

    private DonnaException damaged(IOException e) {
        return new DonnaException.InvalidInput(
                file + ": damaged after '" + name() + "' ("
                        + (e.getMessage() == null ? "it ends early" : e.getMessage()) + "); fetch it again",
                e);
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(file + ": cannot be closed (" + e.getMessage() + ")", e);
        }
    }
}
