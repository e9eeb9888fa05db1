package donna.cpu;

import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Who reads a graph's values, and where its variables change. Immutable. */
final class Readers {
    private final Map<Value, List<Node>> readers = new HashMap<>();
    private final Set<Value> outputs = new HashSet<>();
    private final List<Node> changing = new ArrayList<>();

    Readers(Graph graph) {
        for (Node n : graph.nodes()) {
            n.inputs().forEach(v -> readers.computeIfAbsent(v, k -> new ArrayList<>()).add(n));
            if (Graph.changesState(n.op())) {
                changing.add(n);
            }
        }
        graph.outputs().values().forEach(o -> outputs.add(o.value()));
    }

    /** The nodes that read {@code v}, in the graph's order; none if the caller reads it, too. */
    List<Node> alone(Value v) {
        return outputs.contains(v) ? List.of() : inside(v);
    }

    /** The nodes that read {@code v}, whoever else does. */
    List<Node> inside(Value v) {
        return readers.getOrDefault(v, List.of());
    }

    /** Whether no variable changes between two nodes: what either reads, the other may read in its place. */
    boolean quiet(Node from, Node to) {
        return changesBetween(from, to).findAny().isEmpty();
    }

    /** Whether none of {@code values} changes between two nodes. */
    boolean keeps(List<Value> values, Node from, Node to) {
        return changesBetween(from, to)
                .noneMatch(n -> IntStream.of(Graph.changedInputs(n.op())).anyMatch(i -> values.contains(n.input(i))));
    }

    private Stream<Node> changesBetween(Node from, Node to) {
        return changing.stream().filter(n -> n.id() > from.id() && n.id() < to.id());
    }
}
