package donna.bench;

import donna.spec.Json;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What changed between two results files beyond noise? Arguments: the files, the older first. A time moved if the intervals of the two do not meet, a ratio to a
 * peer if the ranges of its rounds do not.
 */
public final class Compare {
    /** A measured number with the range it may lie in. */
    private record Measured(double value, double low, double high) {
        boolean meets(Measured other) {
            return low <= other.high && other.low <= high;
        }
    }

    private Compare() {}

    public static void main(String[] args) {
        Results before = Json.read(Path.of(args[0]), Results.class);
        Results after = Json.read(Path.of(args[1]), Results.class);
        if (!before.machine().shortName().equals(after.machine().shortName())) {
            System.out.println("two machines: " + before.machine() + " and " + after.machine() + "; only ratios to peers can be compared");
        }
        Map<String, Measured> old = numbers(before);
        Map<String, Measured> young = numbers(after);
        Table table = new Table("moved beyond noise", "before", "after", "after / before");
        int moved = 0;
        int same = 0;
        for (Map.Entry<String, Measured> e : young.entrySet()) {
            Measured a = old.get(e.getKey());
            Measured b = e.getValue();
            if (a == null) {
                continue;
            }
            if (a.meets(b)) {
                same++;
            } else {
                moved++;
                table.row(e.getKey(), Table.number(a.value()), Table.number(b.value()), Table.number(b.value() / a.value()));
            }
        }
        if (moved > 0) {
            System.out.println(table);
        }
        long alone = old.keySet().stream().filter(k -> !young.containsKey(k)).count()
                + young.keySet().stream().filter(k -> !old.containsKey(k)).count();
        System.out.println(moved + " moved, " + same + " within noise, " + alone + " in one file only");
    }

    private static Map<String, Measured> numbers(Results results) {
        Map<String, Measured> found = new LinkedHashMap<>();
        results.sections().forEach((name, section) -> collect(name, section.content(), found));
        return found;
    }

    private static void collect(String path, Object node, Map<String, Measured> found) {
        switch (node) {
            case List<?> rows -> rows.forEach(r -> collect(path, r, found));
            case Map<?, ?> row when row.get("microseconds") instanceof Number us && row.get("errorMicroseconds") instanceof Number e ->
                found.put(
                        path + " " + row.get("question") + " " + row.get("parameters") + ", us",
                        new Measured(us.doubleValue(), us.doubleValue() - e.doubleValue(), us.doubleValue() + e.doubleValue()));
            case Map<?, ?> row when row.get("ratio") instanceof Map<?, ?> r ->
                found.put(
                        path + " " + row.values().iterator().next() + ", ratio to the peer",
                        new Measured(number(r, "median"), number(r, "min"), number(r, "max")));
            case Map<?, ?> other -> other.values().forEach(v -> collect(path, v, found));
            default -> {}
        }
    }

    private static double number(Map<?, ?> map, String key) {
        return ((Number) map.get(key)).doubleValue();
    }
}
