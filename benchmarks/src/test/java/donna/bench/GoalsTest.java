package donna.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class GoalsTest {
    private static Map<String, Object> row(String work, double ratio) {
        // As read from a file, the entries are in the order in which they were written.
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("work", work);
        row.put("ratio", Map.of("median", ratio));
        return row;
    }

    private static Results.Section section(Object content) {
        return new Results.Section("2026-01-02", content);
    }

    private static Map<String, String> verdicts(Map<String, Results.Section> sections) {
        return new Goals(sections).all().stream().collect(Collectors.toMap(Goals.Goal::work, Goals.Goal::verdict));
    }

    @Test
    void everyGoalIsHeldAgainstItsNumber() {
        Map<String, String> found = verdicts(Map.of(
                "blockDistillation",
                section(Map.of(
                        "rows",
                        List.of(row("the four of cifar-24-40", 3.2), row("the four of cifar-24-40, torch.compile", 3.9), row("cifar-24-40", 3.5)),
                        "candidates",
                        List.of(Map.of("stage", "cifar-24-40", "candidate", "mbconv d2 k7 e6 se swish", "shareOfFloor", 44.9, "allocatedBytes", 0.0),
                                Map.of("stage", "cifar-24-40", "candidate", "mbconv d1 k3 e3 - relu6", "shareOfFloor", 10, "allocatedBytes", 8.0)))),
                "quickstart",
                section(Map.of("wallRatio", Map.of("median", 2.78))),
                "stageMemory",
                section(Map.of("ratio", 1.19))));
        assertEquals("yes", found.get("four candidates against PyTorch eager"));
        assertEquals("no", found.get("four candidates against torch.compile"));
        assertEquals("yes, and the stretch", found.get("stage cifar-24-40 against PyTorch eager"));
        assertEquals("not measured", found.get("stage fashion-16-24 against PyTorch eager"));
        assertEquals("yes", found.get("whole quickstart against PyTorch"));
        assertEquals("no", found.get("share of the floor, cifar-24-40 mbconv d2 k7 e6 se swish"));
        assertTrue(found.keySet().stream().noneMatch(w -> w.contains("k3")), found.toString());
        assertEquals("no", found.get("allocation in candidates' steps"));
        assertEquals("yes", found.get("memory of 20 candidates over weights and workspaces"));
        assertEquals("not measured", found.get("finetuning step, MobileNetV2 at 32x32"));
    }

    @Test
    void theTableSaysHowManyAreMet() {
        String table = new Goals(Map.of("stageMemory", section(Map.of("ratio", 1.3)))).toString();
        assertTrue(table.endsWith("0 of 11 met\n"), table);
        assertTrue(table.contains("at most 1.20x") && table.contains("1.30x") && table.contains("2026-01-02"), table);
    }
}
