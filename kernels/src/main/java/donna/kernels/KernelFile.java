package donna.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A source file; it is compiled as a whole, into one module. */
public enum KernelFile {
    BATCH_NORM,
    COPY,
    DEPTHWISE,
    DEPTHWISE_BANDS,
    DEPTHWISE_DIAGONALS,
    DEPTHWISE_SPREAD,
    DEPTHWISE_STRIPS,
    DEPTHWISE_TAPS,
    ELEMENTWISE,
    LOSS,
    POOL,
    ROWS,
    SQUEEZE_EXCITE,
    SUM,
    UPDATE,
    WINDOWS;

    /** What a source includes of ours; the simulator's header is the test kit's. */
    private static final Pattern INCLUDE = Pattern.compile("#include \"((?!simulated_device)\\w+\\.h)\"\n");

    /** Name of the file, for messages. */
    public String fileName() {
        return name().toLowerCase(Locale.ROOT) + ".cu";
    }

    /** The whole source: headers stand where they are included. */
    public String source() {
        return INCLUDE.matcher(read(fileName())).replaceAll(m -> Matcher.quoteReplacement(read(m.group(1))));
    }

    /**
     * Sets of macros, {@code NAME=value}, that the file is compiled with for what is stored as {@code storage}, those that need most registers among them;
     * one empty set for most files.
     */
    public List<List<String>> variants(Storage storage) {
        List<List<String>> variants = onTensorCores() ? DepthwiseProducts.variants(this) : DepthwiseForm.variants(this, storage);
        return variants.isEmpty() ? List.of(List.of()) : variants;
    }

    private boolean onTensorCores() {
        return this == DEPTHWISE_BANDS || this == DEPTHWISE_DIAGONALS;
    }

    /**
     * Whether cards of a generation have what the file needs, for what is stored as {@code storage}.
     *
     * @param capability {@code 10 * major + minor}
     */
    public boolean isFor(Storage storage, int capability) {
        return storage.isOn(capability) && (!onTensorCores() || DepthwiseProducts.isOn(storage, capability));
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
