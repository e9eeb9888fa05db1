package donna.cpu;

import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What squeeze-and-excite's two uses of an image have in common. Where both gradients, {@code dDst * gate} and the spread gradient of the pooled value, are
 * added and each is used nowhere else, that is one pass over the image instead of four. Where only the gate's own gradient reads the image after it was
 * scaled, the scaled image takes its place: that gradient is the sum of {@code dDst * scaled} over the gate. A sigmoid that is 0 has a derivative of 0, by
 * which the gate's gradient, and nothing else, is multiplied.
 */
final class GateFusion {
    /** The ops that an addition stands for. */
    record Parts(Node scale, Node spread) {}

    private final Map<Node, Parts> additions = new HashMap<>();
    private final Set<Node> absorbed = new HashSet<>();
    private final Map<Node, Node> scaledBy = new HashMap<>();
    private final Readers readers;

    GateFusion(Graph graph, Readers readers) {
        this.readers = readers;
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.Add) {
                match(n, n.input(0), n.input(1));
                match(n, n.input(1), n.input(0));
            } else if (n.op() instanceof Op.ChannelScaleBackwardGate) {
                matchScale(n);
            }
        }
    }

    private void match(Node add, Value a, Value b) {
        if (a.node().op() instanceof Op.ChannelScale
                && b.node().op() instanceof Op.GlobalAveragePoolBackward
                && readers.alone(a).size() == 1
                && readers.alone(b).size() == 1) {
            additions.put(add, new Parts(a.node(), b.node()));
            absorbed.addAll(List.of(a.node(), b.node()));
        }
    }

    private void matchScale(Node gradient) {
        List<Node> all = readers.alone(gradient.input(1));
        int last = all.size() - 1;
        if (last < 1 || all.get(last) != gradient || !(all.get(last - 1).op() instanceof Op.ChannelScale)) {
            return;
        }
        Node scale = all.get(last - 1);
        // Other readers could work in place, and the gate is read once more than the graph says.
        boolean kept = readers.inside(scale.input(1)).stream().allMatch(n -> n.op() instanceof Op.ChannelScale);
        if (kept && isMultipliedByTheGatesDerivative(gradient, scale)) {
            scaledBy.put(gradient, scale);
        }
    }

    private boolean isMultipliedByTheGatesDerivative(Node gradient, Node scale) {
        Node gate = scale.input(1).node();
        List<Node> users = readers.alone(gradient.output(0));
        return gate.op() instanceof Op.Activate a
                && (a.act() == Activation.SIGMOID || a.act() == Activation.HSIGMOID)
                && users.size() == 1
                && users.getFirst().op().equals(new Op.ActivateBackward(a.act()))
                && users.getFirst().input(0).equals(gradient.output(0))
                && users.getFirst().input(1).equals(gate.input(0));
    }

    /** What {@code add} stands for, if it is such an addition. */
    Optional<Parts> of(Node add) {
        return Optional.ofNullable(additions.get(add));
    }

    /** Whether an addition does {@code n}'s work. */
    boolean absorbs(Node n) {
        return absorbed.contains(n);
    }

    /** Whether the image that {@code scale} reads may be overwritten by its result, if nothing else lives in the same place. */
    boolean mayOverwrite(Node scale) {
        return scaledBy.containsValue(scale);
    }

    /** The node whose result {@code gradient}, a gate's, may be computed from instead of what that node reads. */
    Optional<Node> scaledBy(Node gradient) {
        return Optional.ofNullable(scaledBy.get(gradient));
    }
}
