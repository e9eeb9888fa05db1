package donna.backend.plan;

import donna.graph.Graph;
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** What a graph wants bound, by name. Immutable. */
public record Bindings(Map<String, TensorSpec> specs) {
    public static Bindings of(Graph graph) {
        return new Bindings(graph.bindings());
    }

    /**
     * The spec of {@code name}, which {@code tensor} has.
     *
     * @throws DonnaException.ShapeMismatch if the graph has no such name or the specs differ
     */
    public TensorSpec require(String name, Tensor tensor) {
        TensorSpec wanted = specs.get(name);
        if (wanted == null) {
            throw new DonnaException.ShapeMismatch("bind: the graph has no '" + name + "'; it has " + specs.keySet());
        }
        if (!wanted.equals(tensor.spec())) {
            throw new DonnaException.ShapeMismatch("bind '" + name + "': the tensor is " + tensor.spec() + ", the graph expects " + wanted);
        }
        return wanted;
    }

    /** @throws DonnaException.InvalidInput if a name is not among those {@code bound} */
    public void requireAll(Set<String> bound) {
        if (bound.size() < specs.size()) {
            Set<String> missing = new LinkedHashSet<>(specs.keySet());
            missing.removeAll(bound);
            throw new DonnaException.InvalidInput(
                    "run: nothing is bound to '" + String.join("', '", missing) + "'; bind every name of the graph first");
        }
    }
}
