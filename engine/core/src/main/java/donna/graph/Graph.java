package donna.graph;

import donna.tensor.DonnaException;
import donna.tensor.Layout;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An immutable directed acyclic graph of ops. Nodes are in an order in which inputs come before their use, and in-place
 * updates after every other use of the variable's old value that was written before them. Forward, backward and update
 * are all ops, so a whole training step is one graph.
 *
 * @param nodes in order
 * @param outputs named results, each in the layout in which the caller will bind it
 */
public record Graph(List<Node> nodes, Map<String, Output> outputs) {
    /** A named result. */
    public record Output(Value value, Layout layout) {
        /** What the caller binds. */
        public TensorSpec spec() {
            return value.spec().with(layout);
        }
    }

    public Graph {
        nodes = List.copyOf(nodes);
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    }

    /** Everything the caller must bind before a run: inputs, variables, outputs. */
    public Map<String, TensorSpec> bindings() {
        Map<String, TensorSpec> all = new LinkedHashMap<>();
        for (Node n : nodes) {
            switch (n.op()) {
                case Op.Input in -> all.put(in.name(), in.spec());
                case Op.Variable v -> all.put(v.name(), v.spec());
                default -> {}
            }
        }
        outputs.forEach((name, out) -> all.put(name, out.spec()));
        return all;
    }

    /** Writes a graph, checking every op's shapes as it comes. Not thread-safe. */
    public static final class Builder {
        private final List<Node> nodes = new ArrayList<>();
        private final Map<String, Value> leaves = new LinkedHashMap<>();
        private final Map<String, Output> outputs = new LinkedHashMap<>();
        private String scope = "";
        private String member = "";

        /** Layer name given to the nodes that follow. */
        public Builder at(String name) {
            scope = member + name;
            return this;
        }

        String scope() {
            return scope;
        }

        /** As {@link #at}, with the member's name in front already. */
        void scope(String full) {
            scope = full;
        }

        /** The input of that name; asking twice gives the same value. */
        public Value input(String name, TensorSpec spec) {
            return leaf(name, new Op.Input(name, spec));
        }

        /** The variable of that name; asking twice gives the same value. Within a member its name begins with the member's. */
        public Value variable(String name, TensorSpec spec) {
            return leaf(member + name, new Op.Variable(member + name, spec));
        }

        /**
         * What follows belongs to the member of that name: one of several networks that share nothing but inputs. Layers and variables are named {@code
         * member + name}.
         */
        public Builder member(String name) {
            member = name;
            return this;
        }

        private Value leaf(String name, Op op) {
            Value known = leaves.get(name);
            if (known != null && known.node().op().equals(op)) {
                return known;
            }
            Value v = add(op);
            if (leaves.put(name, v) != null) {
                throw new DonnaException.InvalidInput(
                        "graph: '" + name + "' is declared twice with different kinds or shapes");
            }
            return v;
        }

        /**
         * Adds an op and returns its first output; {@code null} never: an op without outputs is added by {@link
         * #update}.
         */
        public Value add(Op op, Value... inputs) {
            return node(op, List.of(inputs)).output(0);
        }

        /** Adds an op that changes a variable in place. */
        public void update(Op op, Value... inputs) {
            node(op, List.of(inputs));
        }

        /** Adds an op; use it where several outputs are wanted. */
        public Node node(Op op, List<Value> inputs) {
            Node n = new Node(nodes.size(), op, scope, inputs, ShapeRule.outputs(op, scope, inputs));
            nodes.add(n);
            return n;
        }

        public Builder output(String name, Value value) {
            return output(name, value, Layout.PLAIN);
        }

        public Builder output(String name, Value value, Layout layout) {
            if (leaves.containsKey(name) || outputs.put(name, new Output(value, layout)) != null) {
                throw new DonnaException.InvalidInput("graph: the name '" + name + "' of an output is taken");
            }
            return this;
        }

        /** Names of the inputs asked for so far, whether anything depends on them or not. */
        public Set<String> inputs() {
            Set<String> names = new LinkedHashSet<>();
            leaves.forEach((name, v) -> {
                if (v.node().op() instanceof Op.Input) {
                    names.add(name);
                }
            });
            return names;
        }

        /** Nodes written so far. */
        public List<Node> nodes() {
            return Collections.unmodifiableList(nodes);
        }

        /** The finished graph, without nodes that nothing needs. */
        public Graph build() {
            Set<Integer> needed = new HashSet<>();
            outputs.values().forEach(o -> needed.add(o.value().node().id()));
            List<Node> kept = new ArrayList<>();
            for (int i = nodes.size() - 1; i >= 0; i--) {
                Node n = nodes.get(i);
                if (needed.contains(n.id()) || changesState(n.op())) {
                    n.inputs().forEach(v -> needed.add(v.node().id()));
                    kept.add(n);
                }
            }
            Collections.reverse(kept);
            return new Graph(kept, outputs);
        }
    }

    /** Whether an op changes a variable in place, so that it stays although nothing reads its outputs. */
    public static boolean changesState(Op op) {
        return changedInputs(op).length > 0;
    }

    /** Which inputs of an op it changes in place; each is an {@link Op.Variable}. */
    public static int[] changedInputs(Op op) {
        return switch (op) {
            case Op.BatchNorm o -> new int[] {3, 4};
            case Op.SgdUpdate o -> new int[] {0, 2};
            case Op.AdamWUpdate o -> new int[] {0, 2, 3};
            case Op.EmaUpdate o -> new int[] {0};
            case Op.LossScaleUpdate o -> new int[] {0, 1};
            default -> new int[0];
        };
    }
}
