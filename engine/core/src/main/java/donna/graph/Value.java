package donna.graph;

import donna.tensor.Shape;
import donna.tensor.TensorSpec;

/** Output {@code index} of a node. */
public record Value(Node node, int index) {
    public TensorSpec spec() {
        return node.outputs().get(index);
    }

    public Shape shape() {
        return spec().shape();
    }

    @Override
    public String toString() {
        return "%" + node.id() + (index == 0 ? "" : "." + index) + ": " + spec();
    }
}
