package donna.testkit;

import donna.backend.Device;
import donna.graph.Mask;
import donna.tensor.DType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Numbers that PyTorch computed; {@code goldens.py} beside the file made them. */
final class Goldens {
    private static final Map<String, double[]> NUMBERS = read();

    private Goldens() {}

    /** A comparison with PyTorch on a device. */
    interface Golden {
        String name();

        /** Runs with the given type of real numbers. */
        void check(Device device, DType type);
    }

    /** As {@link Golden}, to within a tolerance. */
    interface Training extends Golden {
        void check(Device device, DType type, Tolerance tolerance);
    }

    /** Every single op, and optimizers. */
    static List<Golden> ops() {
        return GoldenOps.all();
    }

    /** Five steps of blockwise distillation. */
    static List<? extends Training> training() {
        return List.of(GoldenTraining.SGD, GoldenTraining.ADAMW);
    }

    /** The numbers of {@code case/...}, by what follows the slash. */
    static Map<String, double[]> of(String name) {
        Map<String, double[]> found = NUMBERS.entrySet().stream()
                .filter(e -> e.getKey().startsWith(name + "/"))
                .collect(Collectors.toMap(e -> e.getKey().substring(name.length() + 1), Map.Entry::getValue));
        if (found.isEmpty()) {
            throw new IllegalStateException("goldens.txt has no case '" + name + "'; it has " + NUMBERS.keySet());
        }
        return found;
    }

    /** {@code scale * (uniform in [-1, 1)) + offset}: the inputs, as goldens.py makes them. */
    static Values uniform(long seed, double scale, double offset) {
        return (z, i) -> offset + scale * ((Mask.mix(Mask.mix(seed) ^ i) >>> 48) / 32768.0 - 1);
    }

    static Values uniform(long seed) {
        return uniform(seed, 1, 0);
    }

    private static Map<String, double[]> read() {
        Map<String, double[]> numbers = new HashMap<>();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(Goldens.class.getResourceAsStream("goldens.txt"), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] parts = line.split("\t");
                numbers.put(
                        parts[0],
                        Arrays.stream(parts[1].split(" "))
                                .mapToDouble(Double::parseDouble)
                                .toArray());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return numbers;
    }
}
