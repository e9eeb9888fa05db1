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
        Machine machine = Machine.here();
        Path file = folder.resolve(machine.shortName() + ".json");
        Map<String, Section> sections = new LinkedHashMap<>();
        if (Files.exists(file)) {
            sections.putAll(Json.read(file, Results.class).sections());
        }
        sections.put(name, new Section(LocalDate.now(ZoneOffset.UTC).toString(), content));
        Json.write(file, new Results(machine, sections));
        return file;
    }
}
