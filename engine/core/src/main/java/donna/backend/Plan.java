package donna.backend;

import donna.graph.Graph;
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import java.util.Map;

/**
 * A graph compiled for one device: primitives and kernels chosen, intermediate values laid out by lifetime in one range
 * of the stream's scratch memory. Bind every name of {@link Graph#bindings} once, rebind what changes, run as often as
 * wanted: a run allocates nothing. Nothing lives in the scratch memory between runs, so that any number of plans may
 * share a stream. Not thread-safe; one run at a time.
 */
public interface Plan extends AutoCloseable {
    Graph graph();

    /**
     * Binds a tensor to an input, a variable or an output. The tensor stays the caller's and must stay open while the
     * plan runs.
     *
     * @throws DonnaException.ShapeMismatch if the graph has no such name or the specs differ
     */
    void bind(String name, Tensor tensor);

    /** Binds each of the graph's names that is in {@code tensors}; other entries are left alone. */
    default void bindAll(Map<String, Tensor> tensors) {
        graph().bindings().keySet().forEach(name -> {
            Tensor t = tensors.get(name);
            if (t != null) {
                bind(name, t);
            }
        });
    }

    /**
     * Runs all nodes in order.
     *
     * @throws DonnaException.InvalidInput if a name is not bound
     */
    void run(Stream stream);

    /** Scratch bytes a run needs. */
    long scratchBytes();

    /** One line per node: what runs it (primitive's implementation or kernel), in which layout, how many bytes. */
    String describe();

    @Override
    void close();
}
