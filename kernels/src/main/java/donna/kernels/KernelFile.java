package donna.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A source file; it is compiled as a whole, into one module. */
public enum KernelFile {
    BATCH_NORM,
    COPY,
    DEPTHWISE,
    ELEMENTWISE,
    LOSS,
    POOL,
    ROWS,
    SUM,
    UPDATE,
    WINDOWS;

    private static final String HEADER = "kshim.h";

    /** Name of the file, for messages. */
    public String fileName() {
        return name().toLowerCase(Locale.ROOT) + ".cu";
    }

    /** The whole source: the header stands where it is included. */
    public String source() {
        return read(fileName()).replace("#include \"" + HEADER + "\"\n", read(HEADER));
    }

    private static String read(String file) {
        try (InputStream in = KernelFile.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("donna.kernels lacks its resource " + file + "; the jar is incomplete");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
