package donna.cuda;

import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.kernels.SqueezeExciteGrid;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The nodes of a perceptron that makes a gate of the means of channels (Hu et al. 2018), {@code gate = act(expand act(reduce pooled + bias) + bias)}, and those
 * of its gradient. What these nodes make for one another nobody else reads.
 */
record SqueezeExcite(Forward forward, Optional<Backward> backward) {
    /** In the graph's order: the gate comes last. */
    record Forward(Node reduce, Node act, Node expand, Node gate) {
        List<Node> nodes() {
            return List.of(reduce, act, expand, gate);
        }
    }

    /**
     * In the graph's order.
     *
     * @param gate makes the gradient of the second sum
     * @param hidden of what the first activation makes
     * @param act makes the gradient of the first sum
     * @param pooled of the means, where that is wanted
     */
    record Backward(Node gate, Node hidden, Node expand, Node expandBias, Node act, Optional<Node> pooled, Node reduce, Node reduceBias) {
        List<Node> nodes() {
            List<Node> all = new ArrayList<>(List.of(gate, hidden, expand, expandBias, act, reduce, reduceBias));
            pooled.ifPresent(all::add);
            return all;
        }
    }

    /** All of a graph, none of whose parameters changes before it has been read for the last time. */
    static List<SqueezeExcite> of(Graph graph, Readers readers) {
        return new Search(readers).all(graph);
    }

    private record Search(Readers readers) {
        List<SqueezeExcite> all(Graph graph) {
            return graph.nodes().stream().filter(n -> n.op() instanceof Op.Activate && isGate(n.output(0))).flatMap(n -> ending(n).stream()).toList();
        }

        private boolean isGate(Value v) {
            return readers.of(v).stream().anyMatch(n -> n.op() instanceof Op.ChannelScale && n.input(1).equals(v));
        }

        private Optional<SqueezeExcite> ending(Node gate) {
            Node expand = gate.input(0).node();
            Optional<Node> act = linear(expand) ? Optional.of(expand.input(0).node()).filter(n -> n.op() instanceof Op.Activate) : Optional.empty();
            return act.filter(a -> linear(a.input(0).node()))
                    .map(a -> new Forward(a.input(0).node(), a, expand, gate))
                    .filter(Search::fits)
                    .map(f -> new SqueezeExcite(f, backward(f)))
                    .filter(this::closed);
        }

        private static boolean linear(Node n) {
            return n.op() instanceof Op.Linear l && l.bias();
        }

        private static boolean fits(Forward f) {
            Shape pooled = f.reduce.input(0).shape();
            return pooled.rank() == 2 && pooled.equals(f.gate.output(0).shape())
                    && SqueezeExciteGrid.fits(pooled.dim(1), f.reduce.output(0).shape().dim(1));
        }

        private Optional<Backward> backward(Forward f) {
            Optional<Node> gate = activation(f.gate).filter(n -> n.id() > f.gate.id());
            Optional<Node> act = activation(f.act);
            if (gate.isEmpty() || act.isEmpty()) {
                return Optional.empty();
            }
            Value dExpanded = gate.get().output(0);
            Value dReduced = act.get().output(0);
            Optional<Node> hidden = product(false, dExpanded, f.expand.input(1)).filter(n -> n.output(0).equals(act.get().input(0)));
            Optional<Node> expand = product(true, dExpanded, f.expand.input(0));
            Optional<Node> expandBias = sum(dExpanded);
            Optional<Node> reduce = product(true, dReduced, f.reduce.input(0));
            Optional<Node> reduceBias = sum(dReduced);
            if (hidden.isEmpty() || expand.isEmpty() || expandBias.isEmpty() || reduce.isEmpty() || reduceBias.isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(new Backward(gate.get(), hidden.get(), expand.get(), expandBias.get(), act.get(),
                    product(false, dReduced, f.reduce.input(1)), reduce.get(), reduceBias.get()));
        }

        /** What reads the source of {@code forward} for the gradient. */
        private Optional<Node> activation(Node forward) {
            Op.ActivateBackward op = new Op.ActivateBackward(((Op.Activate) forward.op()).act());
            return readers.of(forward.input(0)).stream().filter(n -> n.op().equals(op) && n.input(1).equals(forward.input(0))).findFirst();
        }

        private Optional<Node> product(boolean transposed, Value a, Value b) {
            Op.MatMul op = new Op.MatMul(transposed, false);
            return readers.of(a).stream().filter(n -> n.op().equals(op) && n.inputs().equals(List.of(a, b))).findFirst();
        }

        private Optional<Node> sum(Value v) {
            return readers.of(v).stream().filter(n -> n.op().equals(new Op.SumExcept(1))).findFirst();
        }

        /** Whether nobody else reads what is made inside, and nothing that is read changes. */
        private boolean closed(SqueezeExcite s) {
            Set<Node> nodes = new HashSet<>(s.forward.nodes());
            List<Value> inside = new ArrayList<>(List.of(s.forward.reduce.output(0), s.forward.act.output(0), s.forward.expand.output(0)));
            s.backward.ifPresent(b -> {
                nodes.addAll(b.nodes());
                inside.addAll(List.of(b.gate.output(0), b.hidden.output(0), b.act.output(0)));
            });
            int last = nodes.stream().mapToInt(Node::id).max().orElseThrow();
            return s.backward.stream().noneMatch(b -> inside.contains(b.gate.input(0)))
                    && inside.stream().noneMatch(readers::given)
                    && inside.stream().allMatch(v -> nodes.containsAll(readers.of(v)))
                    && nodes.stream().flatMap(n -> n.inputs().stream()).allMatch(v -> readers.unchangedAt(origin(v), last));
        }

        private static Value origin(Value v) {
            return v.node().op() instanceof Op.Reshape ? origin(v.node().input(0)) : v;
        }
    }
}
