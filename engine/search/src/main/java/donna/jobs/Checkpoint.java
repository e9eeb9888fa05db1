package donna.jobs;

import donna.format.HostTensor;
import donna.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The state of unfinished work in a {@link Store}: saved now and then, forgotten by whoever keeps the finished work, once that is safe. Not thread-safe.
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
        this.key = place(key);
        this.intervalNanos = (long) (seconds * 1e9);
    }

    /**
     * Where unfinished work stood.
     *
     * @param notes what {@link #save} was told beside the values
     */
    public record Saved(int step, Map<String, float[]> values, Map<String, String> notes) {}

    public Optional<Saved> load() {
        return store.load(key).map(p -> {
            Map<String, float[]> values = new LinkedHashMap<>();
            p.tensors().forEach((name, t) -> values.put(name, t.floats()));
            Map<String, String> notes = new LinkedHashMap<>(p.info());
            notes.remove(STEP);
            return new Saved(Integer.parseInt(p.word(STEP)), values, notes);
        });
    }

    /** Whether the interval since the last checkpoint has passed. */
    public boolean due() {
        return System.nanoTime() - last >= intervalNanos;
    }

    /** Saves {@code values} as the state after {@code step} steps. */
    public void save(int step, Map<String, float[]> values) {
        save(step, values, Map.of());
    }

    /** Saves {@code values} and words about them; no word is called {@code step}. */
    public void save(int step, Map<String, float[]> values, Map<String, String> notes) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        values.forEach((name, v) -> tensors.put(name, HostTensor.of(Shape.of(v.length), v)));
        Map<String, String> info = new LinkedHashMap<>(notes);
        info.put(STEP, Integer.toString(step));
        store.save(key, new Store.Piece(tensors, info));
        last = System.nanoTime();
    }

    /** Removes the checkpoint under {@code key}, if there is one: its work is kept. */
    public static void forget(Store store, String key) {
        store.remove(place(key));
    }

    private static String place(String key) {
        return "checkpoint/" + key;
    }
}
