package donna.nn;

import donna.graph.Value;

/** A piece of a network: writes its ops, asking for its parameters by name. Immutable, so one layer may be written into many graphs. */
@FunctionalInterface
public interface Layer {
    /** Writes the layer after {@code src}; parameter names begin with {@code name}. Returns the layer's result. */
    Value write(GraphWriter writer, String name, Value src);
}
