package donna.model;

import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Convolutions together with what follows each of them and is all that reads it: batch norm; or a sum, an activation, or both.
 *
 * @param convolutions by the last node that belongs to each
 * @param inside nodes whose results only such a last node reads, in the end
 */
record Fusable(Map<Node, Node> convolutions, Set<Node> inside) {
    static Fusable of(Graph graph) {
        Fusable found = new Fusable(new HashMap<>(), new HashSet<>());
        Map<Node, List<Node>> readers = new HashMap<>();
        graph.nodes().forEach(n -> n.inputs().forEach(v -> readers.merge(v.node(), List.of(n), Fusable::joined)));
        graph.outputs().values().forEach(o -> readers.remove(o.value().node()));
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.Conv2d && Weights.isStored(n)) {
                found.add(n, readers);
            }
        }
        return found;
    }

    private void add(Node conv, Map<Node, List<Node>> readers) {
        Optional<Node> next = only(conv, readers);
        Optional<Node> norm = next.filter(n -> n.op() instanceof Op.BatchNormInference && Weights.isStored(n) && n.input(0).node() == conv);
        Optional<Node> sum = next.filter(n -> n.op() instanceof Op.Add && !convolutions.containsKey(n) && !inside.contains(n));
        Optional<Node> act = only(sum.orElse(conv), readers).filter(n -> n.op() instanceof Op.Activate);
        norm.or(() -> act).or(() -> sum).ifPresent(end -> {
            convolutions.put(end, conv);
            inside.add(conv);
            sum.filter(s -> s != end).ifPresent(inside::add);
        });
    }

    private static List<Node> joined(List<Node> a, List<Node> b) {
        return Stream.concat(a.stream(), b.stream()).toList();
    }

    private static Optional<Node> only(Node n, Map<Node, List<Node>> readers) {
        return Optional.of(readers.getOrDefault(n, List.of())).filter(all -> all.size() == 1).map(List::getFirst);
    }
}
