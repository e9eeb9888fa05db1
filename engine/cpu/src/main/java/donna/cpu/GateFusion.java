package donna.cpu;

import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds where the two gradients of what squeeze-and-excite reads are added, {@code dDst * gate} and the spread gradient of the pooled value, and each is
 * used nowhere else: one pass over the image instead of four.
 */
final class GateFusion {
    /** The ops that an addition stands for. */
    record Parts(Node scale, Node spread) {}

    private final Map<Node, Parts> additions = new HashMap<>();
    private final Set<Node> absorbed = new HashSet<>();

    GateFusion(Graph graph) {
        Map<Value, Integer> uses = new HashMap<>();
        graph.nodes().forEach(n -> n.inputs().forEach(v -> uses.merge(v, 1, Integer::sum)));
        graph.outputs().values().forEach(o -> uses.merge(o.value(), 1, Integer::sum));
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.Add) {
                match(n, n.input(0), n.input(1), uses);
                match(n, n.input(1), n.input(0), uses);
            }
        }
    }

    private void match(Node add, Value a, Value b, Map<Value, Integer> uses) {
        if (a.node().op() instanceof Op.ChannelScale
                && b.node().op() instanceof Op.GlobalAveragePoolBackward
                && uses.get(a) == 1
                && uses.get(b) == 1) {
            additions.put(add, new Parts(a.node(), b.node()));
            absorbed.addAll(List.of(a.node(), b.node()));
        }
    }

    /** What {@code add} stands for, if it is such an addition. */
    Optional<Parts> of(Node add) {
        return Optional.ofNullable(additions.get(add));
    }

    /** Whether an addition does {@code n}'s work. */
    boolean absorbs(Node n) {
        return absorbed.contains(n);
    }
}
