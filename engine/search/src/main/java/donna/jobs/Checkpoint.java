package donna.jobs;

import donna.format.HostTensor;
import donna.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The state of unfinished work in a {@link Store}: saved now and then, removed when the work is done. Not thread-safe.
 */
public final class Checkpoint {
    private static final String STEP = "step";
    private final Store store;
    private final String key;
    private final long intervalNanos;
    private long last = System.nanoTime();

    /** @param seconds least time between two checkpoints */
    public Checkpoint(Store store, String key, double seconds) {
        this.store = store;
        this.key = "checkpoint/" + key;
        this.intervalNanos = (long) (seconds * 1e9);
    }

    /** Where unfinished work stood. */
    public record Saved(int step, Map<String, float[]> values) {}

    public Optional<Saved> load() {
        return store.load(key).map(p -> {
            Map<String, float[]> values = new LinkedHashMap<>();
            p.tensors().forEach((name, t) -> values.put(name, t.floats()));
            return new Saved(Integer.parseInt(p.info().get(STEP)), values);
        });
    }

    /** Whether the interval since the last checkpoint has passed. */
    public boolean due() {
        return System.nanoTime() - last >= intervalNanos;
    }

    /** Saves {@code values} as the state after {@code step} steps. */
    public void save(int step, Map<String, float[]> values) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        values.forEach((name, v) -> tensors.put(name, HostTensor.of(Shape.of(v.length), v)));
        store.save(key, new Store.Piece(tensors, Map.of(STEP, Integer.toString(step))));
        last = System.nanoTime();
    }

    public void remove() {
        store.remove(key);
    }
}
