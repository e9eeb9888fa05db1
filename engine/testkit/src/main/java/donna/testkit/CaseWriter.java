package donna.testkit;

import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.ConvGeometry;
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

    private final boolean computed;

    CaseWriter(String seed, DType type, Layout layout) {
        this(seed, type, layout, false);
    }

    /** @param computed whether inputs of two and more dimensions become results of a product with the identity, as activations are */
    CaseWriter(String seed, DType type, Layout layout, boolean computed) {
        this.seed = seed;
        this.type = type;
        this.layout = layout;
        this.computed = computed;
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
        Value input = input(name, v, dims);
        differentiable.put(name, input);
        return computed(name, input);
    }

    /** An input without a gradient. */
    public Value fixed(String name, Values v, int... dims) {
        return computed(name, input(name, v, dims));
    }

    /** {@code v} times the identity, if that is wanted. */
    private Value computed(String name, Value v) {
        Shape s = v.shape();
        if (!computed || s.rank() < 2) {
            return v;
        }
        int size = s.rank() == 4 ? s.dim(1) : s.dim(-1);
        Values identity = (z, i) -> i % (size + 1) == 0 ? 1 : 0;
        if (s.rank() == 4) {
            return op(Op.Conv2d.plain(ConvGeometry.POINTWISE), v, input("identity of " + name, identity, size, size, 1, 1));
        }
        Value rows = op(new Op.Reshape(new Shape(Math.toIntExact(s.elements() / size), size)), v);
        return op(new Op.Reshape(s), op(new Op.MatMul(false, false), rows, input("identity of " + name, identity, size, size)));
    }

    private Value input(String name, Values v, int... dims) {
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
