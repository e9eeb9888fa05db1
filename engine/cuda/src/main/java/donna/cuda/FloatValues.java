package donna.cuda;

import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which values of a graph are wanted as floats by all that read them: gradients of parameters on their way to the optimizer, logits, and
 * what the caller is given. */
final class FloatValues {
    private FloatValues() {}

    static Set<Value> of(Graph graph) {
        Set<Value> floats = new HashSet<>();
        Set<Value> others = new HashSet<>();
        graph.outputs().values().forEach(o -> floats.add(o.value()));
        List<Node> nodes = graph.nodes();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node n = nodes.get(i);
            (wantsFloats(n, floats, others) ? floats : others).addAll(n.inputs());
        }
        floats.removeAll(others);
        return floats;
    }

    /** Later nodes have said already how {@code n}'s outputs are wanted. */
    private static boolean wantsFloats(Node n, Set<Value> floats, Set<Value> others) {
        return switch (n.op()) {
            case Op.SgdUpdate _, Op.AdamWUpdate _, Op.EmaUpdate _, Op.ClipFactor _, Op.LossScaleUpdate _, Op.CrossEntropy _, Op.DistillationLoss _ -> true;
            case Op.Add _, Op.Scale _, Op.ScaleBy _, Op.Reshape _, Op.Transpose _ -> floats.contains(n.output(0)) && !others.contains(n.output(0));
            default -> false;
        };
    }
}
