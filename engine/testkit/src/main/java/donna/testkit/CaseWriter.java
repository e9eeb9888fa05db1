package donna.testkit;

import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.DType;
import donna.tensor.Layout;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where a case writes its graph, the values of its inputs, and what is to be compared and differentiated. */
public final class CaseWriter {
    private final String seed;
    private final DType type;
    private final Layout layout;
    private final Graph.Builder graph = new Graph.Builder();
    final Map<String, double[]> values = new LinkedHashMap<>();
    final Map<String, Value> differentiable = new LinkedHashMap<>();
    final List<Value> results = new ArrayList<>();
    private final Map<String, Output> outputs = new LinkedHashMap<>();

    private record Output(Value value, Layout layout) {}

    CaseWriter(String seed, DType type, Layout layout) {
        this.seed = seed;
        this.type = type;
        this.layout = layout;
    }

    public Graph.Builder graph() {
        return graph;
    }

    /** Adds an op. */
    public Value op(Op op, Value... inputs) {
        return graph.add(op, inputs);
    }

    /** A standard normal input with a gradient. */
    public Value src(String name, int... dims) {
        return src(name, Values.NORMAL, dims);
    }

    /** An input with a gradient. */
    public Value src(String name, Values v, int... dims) {
        Value input = fixed(name, v, dims);
        differentiable.put(name, input);
        return input;
    }

    /** An input without a gradient. */
    public Value fixed(String name, Values v, int... dims) {
        generate(name, v, dims);
        return graph.input(name, spec(dims).with(layoutOf(new Shape(dims))));
    }

    /** A standard normal variable with a gradient. */
    public Value weight(String name, int... dims) {
        return weight(name, Values.NORMAL, dims);
    }

    /** A variable with a gradient. */
    public Value weight(String name, Values v, int... dims) {
        Value variable = state(name, v, dims);
        differentiable.put(name, variable);
        return variable;
    }

    /** A variable without a gradient: statistics, moments. Its value after the run is compared. */
    public Value state(String name, Values v, int... dims) {
        generate(name, v, dims);
        return graph.variable(name, spec(dims));
    }

    /** Class numbers {@code I32 [samples]}. */
    public Value labels(String name, Values v, int samples) {
        generate(name, v, samples);
        return graph.input(name, TensorSpec.of(DType.I32, new Shape(samples)));
    }

    /** A value to compare, which the case's gradient is of. */
    public void result(String name, Value v) {
        results.add(v);
        observe(name, v);
    }

    /** A value to compare that has no gradient. */
    public void observe(String name, Value v) {
        outputs.put(name, new Output(v, layoutOf(v.shape())));
    }

    /** A value to compare that is shaped like an image and is none, such as a weight's gradient: always row-major. */
    public void observePlain(String name, Value v) {
        outputs.put(name, new Output(v, Layout.PLAIN));
    }

    void writeOutputs() {
        outputs.forEach((name, o) -> graph.output(name, o.value(), o.layout()));
    }

    Layout layoutOf(Shape shape) {
        return shape.rank() == 4 ? layout : Layout.PLAIN;
    }

    private void generate(String name, Values v, int... dims) {
        values.put(name, v.generate(seed + "/" + name, Math.toIntExact(new Shape(dims).elements())));
    }

    private TensorSpec spec(int... dims) {
        return TensorSpec.of(type, new Shape(dims));
    }
}
