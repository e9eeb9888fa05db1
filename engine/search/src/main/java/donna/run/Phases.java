package donna.run;

import donna.spec.Json;
import java.nio.file.Files;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Seconds spent in each stage, summed over all starts of a run: kept in the run folder after every stage. Not thread-safe.
 */
final class Phases {
    private static final String FILE = "seconds.json";

    private final RunFolder folder;
    private final Map<String, Double> seconds = new LinkedHashMap<>();

    /** What is kept. */
    private record Kept(Map<String, Double> seconds) {}

    Phases(RunFolder folder) {
        this.folder = folder;
        if (Files.exists(folder.path(FILE))) {
            seconds.putAll(Json.read(folder.path(FILE), Kept.class).seconds());
        }
    }

    /** Runs {@code work} and counts its time, also when it fails or is stopped. */
    <T> T time(Stage stage, Supplier<T> work) {
        long start = System.nanoTime();
        try {
            return work.get();
        } finally {
            seconds.merge(stage.word(), (System.nanoTime() - start) / 1e9, Double::sum);
            folder.write(FILE, new Kept(seconds));
        }
    }

    Map<String, Double> seconds() {
        return Collections.unmodifiableMap(seconds);
    }
}
