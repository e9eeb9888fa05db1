package donna.cost;

import donna.space.Architecture;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/**
 * A cost that is measured on whole networks, once for each architecture; later calls return the first value. Usable
 * from any thread.
 */
public final class Measured implements CostModel {
    private final String name;
    private final ToDoubleFunction<Architecture> measure;
    private final Map<Architecture, Double> known = new ConcurrentHashMap<>();

    /**
     * @param name what it counts, with its unit
     * @param measure measures one architecture; called from the thread that asks first
     */
    public Measured(String name, ToDoubleFunction<Architecture> measure) {
        this.name = name;
        this.measure = measure;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public double of(Architecture architecture) {
        return known.computeIfAbsent(architecture, measure::applyAsDouble);
    }

    /** Number of architectures measured so far. */
    public int measurements() {
        return known.size();
    }
}
