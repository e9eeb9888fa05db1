package donna.predict;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import donna.spec.Json;
import donna.testkit.SharedData;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * All 6,561 networks of NAS-Bench-Macro: mean CIFAR-10 accuracy and FLOPs by 8 ternary choices, in lexicographic order.
 */
public record NasBenchMacro(int[][] choices, double[] accuracy, double[] flops) {
    /** Reads the table, or skips the calling test with the reason where it is not present. */
    public static NasBenchMacro orSkip() {
        String name = "nas-bench-macro_cifar10.json";
        Optional<Path> file = SharedData.find(name);
        assumeTrue(file.isPresent(), name + " not found under ../shared/data or DONNA_SHARED");
        Map<String, Object> table = new TreeMap<>();
        Map<?, ?> raw = Json.read(file.get(), Map.class);
        raw.forEach((key, value) -> table.put(key.toString(), value));
        int n = table.size();
        NasBenchMacro all = new NasBenchMacro(new int[n][], new double[n], new double[n]);
        int i = 0;
        for (Map.Entry<String, Object> entry : table.entrySet()) {
            Map<?, ?> values = (Map<?, ?>) entry.getValue();
            all.choices[i] = entry.getKey().chars().map(c -> c - '0').toArray();
            all.accuracy[i] = ((Number) values.get("mean_acc")).doubleValue();
            all.flops[i++] = ((Number) values.get("flops")).doubleValue();
        }
        return all;
    }

    /** Index of a network in this table. */
    public int index(List<Integer> network) {
        int index = 0;
        for (int choice : network) {
            index = 3 * index + choice;
        }
        return index;
    }
}
