package donna.spec;

import donna.format.AtomicFile;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The only door to the JSON library: records, maps, lists, numbers, texts and enums to JSON and back.
 *
 * <p>Record components keep their names, except that the {@code ...Spec} records of this package use the spec's own
 * keys ({@code group_width}). Enums are
 * lower case. Files are written whole or not at all. Every method may be called from any thread.
 */
public final class Json {
    private static final long MAX_BYTES = 256L << 20;
    private static final ObjectMapper PLAIN = JsonMapper.builder()
            .propertyNamingStrategy(new SpecKeys())
            .addModule(SpecKeys.lowerCaseEnums())
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();
    private static final ObjectMapper CANONICAL = JsonMapper.builder()
            .propertyNamingStrategy(new SpecKeys())
            .addModule(SpecKeys.lowerCaseEnums())
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();
    private static final ObjectMapper YAML = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private Json() {}

    /** Indented JSON of {@code value}, ending in a newline. */
    public static String text(Object value) {
        return PLAIN.writeValueAsString(value) + "\n";
    }

    /** SHA-256, in lower-case hex, of the canonical JSON of {@code value}: keys sorted, no white space. */
    public static String hash(Object value) {
        return sha256(CANONICAL.writeValueAsBytes(CANONICAL.valueToTree(value)));
    }

    /**
     * Writes {@code value} as JSON, whole or not at all.
     *
     * @throws DonnaException.InvalidInput if the disk refuses; {@code file} is then as it was
     */
    public static void write(Path file, Object value) {
        AtomicFile.write(file, text(value).getBytes(StandardCharsets.UTF_8));
    }

    /** As {@link #write}, with each entry of the outermost lists, such as a row of a table, in one line. */
    public static void writeRows(Path file, Object value) {
        AtomicFile.write(file, (PLAIN.writer().with(new RowLines()).writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads a JSON file into {@code type}.
     *
     * @throws DonnaException.InvalidInput if the file is absent, larger than 256 MiB, not JSON or not of that type
     */
    public static <T> T read(Path file, Class<T> type) {
        byte[] bytes = bytes(file);
        try {
            return PLAIN.readValue(bytes, type);
        } catch (JacksonException e) {
            throw unreadable(file.toString(), e);
        }
    }

    /** Parses JSON text into {@code type}; errors as in {@link #read}. */
    public static <T> T parse(String text, Class<T> type) {
        try {
            return PLAIN.readValue(text, type);
        } catch (JacksonException e) {
            throw unreadable("JSON text", e);
        }
    }

    /** The mapping in JSON text; errors as in {@link #read}. */
    public static Map<String, Object> parseMap(String text) {
        try {
            return PLAIN.readValue(text, new TypeReference<Map<String, Object>>() {});
        } catch (JacksonException e) {
            throw unreadable("JSON text", e);
        }
    }

    /** The maps, lists and scalars in a YAML 1.2 file, of which JSON is a part. */
    static Object readTree(Path file) {
        byte[] bytes = bytes(file);
        try {
            return YAML.readValue(bytes, Object.class);
        } catch (JacksonException e) {
            throw unreadable(file.toString(), e);
        }
    }

    /** One YAML value; empty for {@code null} and for no text. */
    static Optional<Object> parseYaml(String text) {
        try {
            return text.isBlank() ? Optional.empty() : Optional.ofNullable(YAML.readValue(text, Object.class));
        } catch (JacksonException e) {
            throw unreadable("YAML text", e);
        }
    }

    private static byte[] bytes(Path file) {
        try {
            long size = Files.size(file);
            if (size > MAX_BYTES) {
                throw new DonnaException.InvalidInput(file + ": " + size + " bytes; at most " + MAX_BYTES
                        + " are read; check that this is the right file");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new DonnaException.InvalidInput(file + ": no such file; check the path", e);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(file + ": cannot be read: " + e.getMessage() + "; check the path", e);
        }
    }

    private static DonnaException.InvalidInput unreadable(String what, JacksonException e) {
        String line = e.getOriginalMessage().lines().findFirst().orElse("malformed");
        int row = e.getLocation() == null ? -1 : e.getLocation().getLineNr();
        String where = row > 0 ? " line " + row + ", column " + e.getLocation().getColumnNr() : "";
        return new DonnaException.InvalidInput(what + ":" + where + ": " + line + "; correct or remove the file", e);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new DonnaException.Unavailable("SHA-256 is missing from this Java; use a complete JDK", e);
        }
    }
}
