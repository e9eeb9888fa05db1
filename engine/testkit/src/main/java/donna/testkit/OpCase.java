package donna.testkit;

import donna.graph.Gradient;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.DType;
import donna.tensor.Layout;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One entry of the catalogue: a graph that can be written in any data type, and the values of its inputs.
 *
 * @param name unique; also the seed of the values
 */
public record OpCase(String name, Consumer<CaseWriter> writer) {
    /** Name of the scalar that {@link #gradient} differentiates. */
    public static final String LOSS = "loss of the case";

    /**
     * A graph with values for its inputs and variables, and the sum of the lengths of all its reductions.
     *
     * @param values row-major, by name; all are numbers of single precision
     */
    public record Written(Graph graph, Map<String, double[]> values, long reductionLength) {}

    /**
     * The case's own graph.
     *
     * @param layout of the images among inputs and outputs
     */
    public Written forward(DType type, Layout layout) {
        CaseWriter w = new CaseWriter(name, type, layout);
        writer.accept(w);
        w.writeOutputs();
        return written(w);
    }

    /** As {@link #forward}, of inputs that are themselves results of products, so that a device may store them as it stores activations. */
    public Written forwardOfActivations(DType type, Layout layout) {
        CaseWriter w = new CaseWriter(name, type, layout, true);
        writer.accept(w);
        w.writeOutputs();
        return written(w);
    }

    /** As {@link #gradient}, of inputs that are themselves results of products. */
    public Written gradientOfActivations(DType type, Layout layout) {
        return gradient(new CaseWriter(name, type, layout, true));
    }

    /** Whether {@link #gradient} can be called. */
    public boolean hasGradient() {
        CaseWriter w = new CaseWriter(name, DType.F64, Layout.PLAIN);
        writer.accept(w);
        return !w.results.isEmpty() && !w.differentiable.isEmpty();
    }

    /**
     * The gradients {@code d.NAME} of every differentiable input, of the sum of all results' scalar products with
     * random numbers (of a single scalar result: its own).
     */
    public Written gradient(DType type, Layout layout) {
        return gradient(new CaseWriter(name, type, layout));
    }

    private Written gradient(CaseWriter w) {
        writer.accept(w);
        Value loss = loss(w);
        Map<Value, Value> gradients = Gradient.of(w.graph(), loss, new ArrayList<>(w.differentiable.values()));
        w.graph().output(LOSS, loss);
        w.differentiable.forEach((n, v) ->
                w.graph().output("d." + n, gradients.get(v), isVariable(v) ? Layout.PLAIN : w.layoutOf(v.shape())));
        return written(w);
    }

    private static Value loss(CaseWriter w) {
        if (w.results.size() == 1 && w.results.get(0).shape().equals(Shape.SCALAR)) {
            return w.results.get(0);
        }
        Value sum = null;
        for (int i = 0; i < w.results.size(); i++) {
            int n = Math.toIntExact(w.results.get(i).shape().elements());
            Value row = w.op(new Op.Reshape(new Shape(1, n)), w.results.get(i));
            Value product = w.op(new Op.MatMul(false, false), row, w.fixed("upstream " + i, Values.NORMAL, n, 1));
            Value scalar = w.op(new Op.Reshape(Shape.SCALAR), product);
            sum = sum == null ? scalar : w.op(new Op.Add(), sum, scalar);
        }
        return sum;
    }

    private static boolean isVariable(Value v) {
        return v.node().op() instanceof Op.Variable;
    }

    private static Written written(CaseWriter w) {
        Graph graph = w.graph().build();
        long length = graph.nodes().stream().mapToLong(Reductions::length).sum();
        w.values.keySet().retainAll(graph.bindings().keySet());
        return new Written(graph, Map.copyOf(w.values), length);
    }
}
