package donna.graph;

import donna.tensor.TensorSpec;
import java.util.List;

/** One op in a graph. Identity, not content, makes two nodes equal. */
public final class Node {
    private final int id;
    private final Op op;
    private final String name;
    private final List<Value> inputs;
    private final List<TensorSpec> outputs;

    Node(int id, Op op, String name, List<Value> inputs, List<TensorSpec> outputs) {
        this.id = id;
        this.op = op;
        this.name = name;
        this.inputs = List.copyOf(inputs);
        this.outputs = List.copyOf(outputs);
    }

    /** Position in the graph's order. */
    public int id() {
        return id;
    }

    public Op op() {
        return op;
    }

    /** The layer that wrote this node, such as {@code blocks.0.1.conv_dw}; for messages and exported files. */
    public String name() {
        return name;
    }

    public List<Value> inputs() {
        return inputs;
    }

    public Value input(int i) {
        return inputs.get(i);
    }

    /** Shapes of the outputs; the layout is row-major except for inputs and variables. */
    public List<TensorSpec> outputs() {
        return outputs;
    }

    public Value output(int i) {
        return new Value(this, i);
    }

    @Override
    public String toString() {
        return "%" + id + " " + name + " " + op + " " + inputs;
    }
}
