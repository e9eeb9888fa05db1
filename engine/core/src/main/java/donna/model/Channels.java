package donna.model;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Shape;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which values of a graph must have the same channels, and which of these sets may get fewer: a union-find over values. Channels are dimension 1 of
 * {@code [N, C, H, W]} and {@code [N, C]}, the last of {@code [N, T, C]}. What an op not known here reads and makes keeps its channels.
 */
final class Channels {
    private final Map<Value, Value> parents = new HashMap<>();
    private final Set<Value> kept = new HashSet<>();
    private final Map<Value, Node> readers = new HashMap<>();
    private final Set<Node> passed;

    /**
     * @param passed nodes that give their first input as it is
     * @param ends values whose channels stay: what comes in and what goes out
     */
    Channels(List<Node> nodes, Set<Node> passed, List<Value> ends) {
        this.passed = passed;
        nodes.forEach(this::add);
        kept.addAll(ends);
        Set<Value> groups = kept.stream().map(this::group).collect(Collectors.toSet());
        kept.clear();
        kept.addAll(groups);
    }

    /** The dimension that holds the channels, or -1. */
    static int axis(Shape s) {
        return switch (s.rank()) {
            case 2, 4 -> 1;
            case 3 -> 2;
            default -> -1;
        };
    }

    /** One value that stands for all with the same channels. */
    Value group(Value v) {
        Value at = v;
        while (parents.containsKey(at)) {
            at = parents.get(at);
        }
        return at;
    }

    boolean mayShrink(Value v) {
        return axis(v.shape()) >= 0 && !kept.contains(group(v));
    }

    private void same(Value a, Value b) {
        if (!group(a).equals(group(b))) {
            parents.put(group(a), group(b));
        }
    }

    private void keepAll(Node n) {
        kept.addAll(n.inputs());
        for (int i = 0; i < n.outputs().size(); i++) {
            kept.add(n.output(i));
        }
    }

    private void add(Node n) {
        switch (n.op()) {
            case Op.Variable v -> {}
            case Op.Fill f -> {}
            case Op.ChannelScale s when passed.contains(n) -> same(n.input(0), n.output(0));
            case Op.Conv2d c when Weights.isStored(n) -> convolution(n, c);
            case Op.Linear l when Weights.isStored(n) -> shared(n);
            case Op.BatchNormInference b when Weights.isStored(n) -> norm(n, b.residual() ? 5 : -1);
            case Op.LayerNorm l when Weights.isStored(n) -> norm(n, -1);
            case Op.Activate a -> same(n.input(0), n.output(0));
            case Op.Scale s -> same(n.input(0), n.output(0));
            case Op.GlobalAveragePool p -> same(n.input(0), n.output(0));
            case Op.AveragePool p -> same(n.input(0), n.output(0));
            case Op.MaxPool p -> same(n.input(0), n.output(0));
            case Op.Add a -> n.inputs().forEach(v -> same(v, n.output(0)));
            case Op.Multiply m -> n.inputs().forEach(v -> same(v, n.output(0)));
            case Op.ChannelScale s -> n.inputs().forEach(v -> same(v, n.output(0)));
            case Op.Reshape r when keepsChannels(n) -> same(n.input(0), n.output(0));
            case Op.Slice s when keepsChannels(n) && s.start().get(1) == 0 && s.step().get(1) == 1 -> same(n.input(0), n.output(0));
            case Op.Pad p when keepsChannels(n) -> same(n.input(0), n.output(0));
            case Op.Pad p when isCentred(n) -> {}
            default -> keepAll(n);
        }
    }

    private void convolution(Node n, Op.Conv2d c) {
        int in = n.input(0).shape().dim(1);
        int out = n.output(0).shape().dim(1);
        int groups = c.geometry().groups();
        if (groups == 1) {
            shared(n);
        } else if (groups == in && in == out) {
            same(n.input(0), n.output(0));
        } else {
            keepAll(n);
        }
    }

    /** Layers with the same weights read and make the same channels. */
    private void shared(Node n) {
        Node first = readers.putIfAbsent(n.input(1), n);
        if (first != null) {
            same(first.input(0), n.input(0));
            same(first.output(0), n.output(0));
        }
    }

    private void norm(Node n, int residual) {
        same(n.input(0), n.output(0));
        if (residual >= 0) {
            same(n.input(residual), n.output(0));
        }
    }

    /** A change of form alone: {@code [N, C, ..]} stays so. */
    private static boolean keepsChannels(Node n) {
        Shape from = n.input(0).shape();
        Shape to = n.output(0).shape();
        return !(n.input(0).node().op() instanceof Op.Variable)
                && axis(from) == 1 && axis(to) == 1 && from.dim(0) == to.dim(0) && from.dim(1) == to.dim(1);
    }

    /** Channels of zeros, as many before as after: what goes past a block without weights. */
    static boolean isCentred(Node n) {
        Shape from = n.input(0).shape();
        Shape to = n.output(0).shape();
        return n.op() instanceof Op.Pad p
                && from.rank() == 4 && from.dim(0) == to.dim(0) && from.dim(2) == to.dim(2) && from.dim(3) == to.dim(3)
                && p.start().get(1) == (to.dim(1) - from.dim(1)) / 2;
    }
}
