package donna.cuda;

import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which nodes share a pass over memory: a sum works out what is added to it, where that is an image times a gate or a number per channel, and nobody
 * else reads it; what makes a vector looks ahead to who reads it; and a depthwise convolution adds up what the batch norm that reads it makes its
 * statistics of.
 */
final class Fusions {
    private final Map<Value, List<Node>> readers = new HashMap<>();
    private final Set<Value> given = new HashSet<>();
    private final Set<Node> absorbed = new HashSet<>();

    Fusions(Graph graph) {
        graph.nodes().forEach(n -> n.inputs().forEach(v -> readers.computeIfAbsent(v, k -> new ArrayList<>()).add(n)));
        graph.outputs().values().forEach(o -> given.add(o.value()));
        graph.nodes().stream().filter(n -> n.op() instanceof Op.Add).forEach(n -> {
            if (!absorbSpread(n.input(1), n.input(0))) {
                absorbSpread(n.input(0), n.input(1));
            }
        });
    }

    private boolean absorbSpread(Value spread, Value other) {
        boolean fits = spread.node().op() instanceof Op.GlobalAveragePoolBackward && readBySum(spread);
        if (fits) {
            absorbed.add(spread.node());
            if (other.node().op() instanceof Op.ChannelScale && readBySum(other)) {
                absorbed.add(other.node());
            }
        }
        return fits;
    }

    /** Whether nobody reads {@code v} but the sum, and nothing that changes is read for it. */
    private boolean readBySum(Value v) {
        boolean constant = v.node().inputs().stream().noneMatch(i -> i.node().op() instanceof Op.Variable);
        return constant && readers.get(v).size() == 1 && !given.contains(v);
    }

    /** Whether the sum that reads {@code n} works it out; it has no place of its own. */
    boolean absorbed(Node n) {
        return absorbed.contains(n);
    }

    /** What multiplies {@code v} by a number on the device, where nothing else reads it. */
    Optional<Node> scaling(Value v) {
        List<Node> all = readers.getOrDefault(v, List.of());
        boolean alone = all.size() == 1 && !given.contains(v);
        return alone ? reader(v, Op.ScaleBy.class).filter(n -> n.input(0).equals(v)) : Optional.empty();
    }

    /** The first that reads {@code v} as an op of {@code type}. */
    Optional<Node> reader(Value v, Class<? extends Op> type) {
        return readers.getOrDefault(v, List.of()).stream().filter(n -> type.isInstance(n.op())).findFirst();
    }

    /** Whether a batch norm wants the statistics of {@code v}. */
    boolean normalised(Value v) {
        return readers.getOrDefault(v, List.of()).stream().anyMatch(n -> n.op() instanceof Op.BatchNorm && n.input(0).equals(v));
    }
}
