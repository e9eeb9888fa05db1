package donna.cuda;

import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Who reads each value of a graph, which are given out, and when variables change. */
final class Readers {
    private final Map<Value, List<Node>> readers = new HashMap<>();
    private final Set<Value> given = new HashSet<>();
    private final Map<Value, Integer> changed = new HashMap<>();

    Readers(Graph graph) {
        for (Node n : graph.nodes()) {
            n.inputs().forEach(v -> readers.computeIfAbsent(v, k -> new ArrayList<>()).add(n));
            for (int i : Graph.changedInputs(n.op())) {
                changed.putIfAbsent(n.input(i), n.id());
            }
        }
        graph.outputs().values().forEach(o -> given.add(o.value()));
    }

    /** In the graph's order; a node once for each input that is {@code v}. */
    List<Node> of(Value v) {
        return readers.getOrDefault(v, List.of());
    }

    /** Whether {@code v} is an output of the graph. */
    boolean given(Value v) {
        return given.contains(v);
    }

    /** Whether {@code v} has one reader and is no output of the graph. */
    boolean alone(Value v) {
        return of(v).size() == 1 && !given(v);
    }

    /** Whether {@code v} is still what it was when the node of number {@code id} reads it. */
    boolean unchangedAt(Value v, int id) {
        return changed.getOrDefault(v, Integer.MAX_VALUE) > id;
    }
}
