package donna.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonTest {
    /** A record such as the run writes. */
    public record Entry(String model, double latencyMs, int[] choices, Optional<String> note, BlockType type) {}

    @TempDir
    Path folder;

    @Test
    void recordsKeepTheirNamesAndReadBack() {
        Path file = folder.resolve("deep/entry.json");
        Json.write(file, new Entry("a", 0.1 + 0.2, new int[] {1, 2}, Optional.empty(), BlockType.GROUPED));
        Entry back = Json.read(file, Entry.class);
        assertEquals(0.1 + 0.2, back.latencyMs());
        assertEquals(2, back.choices()[1]);
        assertEquals(Optional.empty(), back.note());
        assertEquals(BlockType.GROUPED, back.type());
        String text = Json.text(back);
        assertTrue(text.contains("\"latencyMs\" : 0.30000000000000004"), text);
        assertTrue(text.contains("\"type\" : \"grouped\""), text);
    }

    @Test
    void writingLeavesOneWholeFile() throws IOException {
        Path file = folder.resolve("x.json");
        Json.write(file, List.of(1));
        Json.write(file, List.of(1, 2));
        assertEquals("[ 1, 2 ]\n", Files.readString(file));
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void aRowOfATableIsOneLine() throws IOException {
        Path file = folder.resolve("x.json");
        Map<String, Object> row = new LinkedHashMap<>(Map.of("ms", 1.5));
        row.put("rounds", List.of(1, 2));
        Json.writeRows(file, Map.of("tables", Map.of("stage", List.of(row, row, Map.of()))));
        assertEquals(
                """
                {
                  "tables": {
                    "stage": [
                      {"ms": 1.5, "rounds": [1, 2]},
                      {"ms": 1.5, "rounds": [1, 2]},
                      {}
                    ]
                  }
                }
                """,
                Files.readString(file));
    }

    @Test
    void aFailedWriteLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = folder.resolve("x.json");
        Json.write(file, List.of(1));
        assertThrows(
                RuntimeException.class,
                () -> Json.write(file, new Object() {
                    @SuppressWarnings("unused") // read by the serialiser
                    public int getBroken() {
                        throw new IllegalStateException("broken");
                    }
                }));
        assertEquals("[ 1 ]\n", Files.readString(file));
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void hashesIgnoreTheOrderOfKeysAndNothingElse() {
        Map<String, Object> one = new LinkedHashMap<>(Map.of("a", 1));
        one.put("b", List.of(1, 2));
        Map<String, Object> two = new LinkedHashMap<>(Map.of("b", List.of(1, 2)));
        two.put("a", 1);
        assertEquals(Json.hash(one), Json.hash(two));
        assertNotEquals(Json.hash(one), Json.hash(Map.of("a", 1, "b", List.of(2, 1))));
        // sha256 of {"a":1}
        assertEquals("015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862", Json.hash(Map.of("a", 1)));
    }

    @Test
    void truncatedAndForeignFilesAreRefused() throws IOException {
        Path file = folder.resolve("x.json");
        Files.writeString(file, "{\"model\": \"a\", \"latencyMs\": ");
        assertTrue(refuse(file).contains("line 1"));
        Files.writeString(file, "{\"model\": \"a\"}");
        assertTrue(refuse(file).contains("x.json"));
        assertTrue(refuse(folder.resolve("none.json")).contains("no such file"));
    }

    private static String refuse(Path file) {
        return assertThrows(DonnaException.InvalidInput.class, () -> Json.read(file, Entry.class))
                .getMessage();
    }
}
