package donna.backend.reference;

import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs a graph node by node. Intermediate values share arrays by lifetime; inputs and variables are read from their
 * tensors when a run begins, and outputs and changed variables are written when it ends.
 */
final class ReferencePlan implements Plan {
    private final ReferenceDevice device;
    private final Graph graph;
    private final Map<String, TensorSpec> specs;
    private final Map<String, Tensor> bound = new HashMap<>();
    private final Map<Value, double[]> slots;
    private final long scratchBytes;
    private boolean closed;

    ReferencePlan(ReferenceDevice device, Graph graph) {
        this.device = device;
        this.graph = graph;
        this.specs = graph.bindings();
        this.slots = layOut(graph);
        this.scratchBytes = slots.values().stream()
                .map(Identity::new)
                .distinct()
                .mapToLong(i -> i.array.length * 8L)
                .sum();
        device.count(scratchBytes);
    }

    /** Arrays compared by identity. */
    private record Identity(double[] array) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Identity i && i.array == array;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(array);
        }
    }

    /** An array for every computed value; one whose value is dead is used again for the next value of that size. */
    private static Map<Value, double[]> layOut(Graph graph) {
        Map<Value, Integer> lastUse = new HashMap<>();
        for (Node n : graph.nodes()) {
            n.inputs().forEach(v -> lastUse.put(v, n.id()));
        }
        Set<Value> kept = new HashSet<>();
        graph.outputs().values().forEach(o -> kept.add(o.value()));
        Map<Value, double[]> slots = new LinkedHashMap<>();
        Map<Integer, Deque<double[]>> free = new HashMap<>();
        for (Node n : graph.nodes()) {
            if (isLeaf(n)) {
                continue;
            }
            for (int i = 0; i < n.outputs().size(); i++) {
                int size = Math.toIntExact(n.output(i).shape().elements());
                double[] reused =
                        free.computeIfAbsent(size, s -> new ArrayDeque<>()).poll();
                slots.put(n.output(i), reused == null ? new double[size] : reused);
            }
            Set<Value> done = new HashSet<>(n.inputs());
            for (int i = 0; i < n.outputs().size(); i++) {
                if (!lastUse.containsKey(n.output(i))) {
                    done.add(n.output(i));
                }
            }
            for (Value v : done) {
                if (slots.containsKey(v) && !kept.contains(v) && lastUse.getOrDefault(v, n.id()) == n.id()) {
                    free.get(slots.get(v).length).push(slots.get(v));
                }
            }
        }
        return slots;
    }

    private static boolean isLeaf(Node n) {
        return n.op() instanceof Op.Input || n.op() instanceof Op.Variable;
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public void bind(String name, Tensor tensor) {
        checkOpen();
        TensorSpec spec = specs.get(name);
        if (spec == null) {
            throw new DonnaException.ShapeMismatch("bind: the graph has no '" + name + "'; it has " + specs.keySet());
        }
        if (!spec.equals(tensor.spec())) {
            throw new DonnaException.ShapeMismatch(
                    "bind: '" + name + "' is " + tensor.spec() + ", the graph expects " + spec);
        }
        bound.put(name, tensor);
    }

    @Override
    public void run(Stream stream) {
        checkOpen();
        ((ReferenceStream) stream).checkOpen();
        for (String name : specs.keySet()) {
            if (!bound.containsKey(name)) {
                throw new DonnaException.InvalidInput(
                        "run: '" + name + "' (" + specs.get(name) + ") is not bound; bind a tensor to it first");
            }
        }
        Map<Value, double[]> values = new HashMap<>(slots);
        Map<String, double[]> changed = new LinkedHashMap<>();
        for (Node n : graph.nodes()) {
            if (isLeaf(n)) {
                values.put(n.output(0), bound.get(leafName(n)).toDoubles());
            } else {
                double[][] in = arrays(n.inputs(), values);
                double[][] out = new double[n.outputs().size()][];
                for (int i = 0; i < out.length; i++) {
                    out[i] = values.get(n.output(i));
                }
                Interpreter.run(n, in, out);
                for (int i = 0; i < out.length; i++) {
                    round(out[i], n.outputs().get(i).dtype());
                }
                for (int i : Graph.changedInputs(n.op())) {
                    round(in[i], n.input(i).spec().dtype());
                    changed.put(leafName(n.input(i).node()), in[i]);
                }
            }
        }
        changed.forEach((name, array) -> bound.get(name).set(array));
        graph.outputs().forEach((name, out) -> bound.get(name).set(values.get(out.value())));
    }

    private static double[][] arrays(List<Value> of, Map<Value, double[]> values) {
        return of.stream().map(values::get).toArray(double[][]::new);
    }

    private static String leafName(Node n) {
        return switch (n.op()) {
            case Op.Input o -> o.name();
            case Op.Variable o -> o.name();
            default ->
                throw new DonnaException.InvalidInput("%" + n.id() + " " + n.op() + " is neither input nor variable");
        };
    }

    private static void round(double[] a, DType type) {
        if (type == DType.F32) {
            for (int i = 0; i < a.length; i++) {
                a[i] = (float) a[i];
            }
        }
    }

    @Override
    public long scratchBytes() {
        return scratchBytes;
    }

    @Override
    public String describe() {
        StringBuilder lines = new StringBuilder();
        for (Node n : graph.nodes()) {
            long bytes = n.outputs().stream()
                    .mapToLong(s -> s.shape().elements() * 8)
                    .sum();
            lines.append("%")
                    .append(n.id())
                    .append(' ')
                    .append(n.op().getClass().getSimpleName())
                    .append(" '")
                    .append(n.name());
            lines.append("': ")
                    .append(isLeaf(n) ? "bound tensor" : "plain loops")
                    .append(", row-major, ")
                    .append(bytes)
                    .append(" bytes\n");
        }
        return lines.toString();
    }

    private void checkOpen() {
        if (closed) {
            throw new DonnaException.Closed("the plan is closed; compile the graph again");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            bound.clear();
            slots.clear();
            device.count(-scratchBytes);
        }
    }
}
