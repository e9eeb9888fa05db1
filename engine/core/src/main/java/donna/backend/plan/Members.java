package donna.backend.plan;

import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The independent members of a graph: what still hangs together once the leaves that are only read are taken away. Members can run in any order and side by
 * side. Those of a few nodes count together as one. Immutable.
 *
 * @param nodes by member, in the graph's order, without leaves; at least one member
 * @param shared leaves that more than one member reads
 */
public record Members(List<List<Node>> nodes, Set<Node> shared) {
    /** Nodes below which a member is not worth being told apart. */
    private static final int FEWEST_NODES = 8;

    public static Members of(Graph graph) {
        Map<Node, Node> parents = new HashMap<>();
        Set<Node> changed = changed(graph);
        for (Node n : graph.nodes()) {
            for (Value v : n.inputs()) {
                if (!isLeaf(v.node()) || changed.contains(v.node())) {
                    parents.put(root(parents, n), root(parents, v.node()));
                }
            }
        }
        Map<Node, List<Node>> connected = new LinkedHashMap<>();
        for (Node n : graph.nodes()) {
            if (!isLeaf(n)) {
                connected.computeIfAbsent(root(parents, n), k -> new ArrayList<>()).add(n);
            }
        }
        List<List<Node>> members = merged(graph, connected.values());
        return new Members(members, shared(members));
    }

    private static List<List<Node>> merged(Graph graph, Collection<List<Node>> connected) {
        List<List<Node>> all = new ArrayList<>();
        Set<Node> small = new HashSet<>();
        for (List<Node> c : connected) {
            if (c.size() < FEWEST_NODES) {
                small.addAll(c);
            } else {
                all.add(List.copyOf(c));
            }
        }
        if (!small.isEmpty() || all.isEmpty()) {
            all.add(graph.nodes().stream().filter(small::contains).toList());
        }
        return List.copyOf(all);
    }

    private static Set<Node> shared(List<List<Node>> members) {
        Map<Node, Integer> reader = new HashMap<>();
        Set<Node> shared = new HashSet<>();
        for (int m = 0; m < members.size(); m++) {
            for (Node n : members.get(m)) {
                for (Value v : n.inputs()) {
                    Integer before = isLeaf(v.node()) ? reader.put(v.node(), m) : null;
                    if (before != null && before != m) {
                        shared.add(v.node());
                    }
                }
            }
        }
        return Set.copyOf(shared);
    }

    private static boolean isLeaf(Node n) {
        return n.op() instanceof Op.Input || n.op() instanceof Op.Variable;
    }

    private static Set<Node> changed(Graph graph) {
        Set<Node> changed = new HashSet<>();
        for (Node n : graph.nodes()) {
            for (int i : Graph.changedInputs(n.op())) {
                changed.add(n.input(i).node());
            }
        }
        return changed;
    }

    private static Node root(Map<Node, Node> parents, Node n) {
        Node at = n;
        while (parents.containsKey(at) && parents.get(at) != at) {
            at = parents.get(at);
        }
        Node step = n;
        while (step != at) {
            Node next = parents.get(step);
            parents.put(step, at);
            step = next;
        }
        return at;
    }
}
