package donna.bench;

import donna.spec.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The results file of a machine: one section for each kind of measurement, replaced when it is measured anew.
 *
 * @param machine on which all of it was measured
 * @param sections by name
 */
public record Results(Machine machine, Map<String, Section> sections) {
    /**
     * One kind of measurement.
     *
     * @param measured date, UTC
     * @param content rows or a table, with units in the names
     */
    public record Section(String measured, Object content) {}

    /** Replaces a section of this machine's file in {@code folder}, and returns the file. */
    public static Path put(Path folder, String name, Object content) {
        return putInto(folder.resolve(Machine.here().shortName() + ".json"), name, content);
    }

    /** As {@link #put}, for a file whose name says what else of the machine matters. */
    public static Path putInto(Path file, String name, Object content) {
        Map<String, Section> sections = sections(file);
        sections.put(name, new Section(LocalDate.now(ZoneOffset.UTC).toString(), content));
        Json.writeRows(file, new Results(Machine.here(), sections));
        return file;
    }

    /** What a file holds so far; nothing if there is none. */
    public static Map<String, Section> sections(Path file) {
        return Files.exists(file) ? new LinkedHashMap<>(Json.read(file, Results.class).sections()) : new LinkedHashMap<>();
    }
}
