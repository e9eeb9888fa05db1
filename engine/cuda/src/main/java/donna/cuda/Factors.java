package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The variables that nodes multiply in products, reshaped or as they are: weights of linear layers and of convolutions, but not of depthwise ones, whose kernels
 * take floats.
 */
final class Factors {
    private Factors() {}

    static Set<Value> of(List<Node> nodes) {
        Set<Value> all = new LinkedHashSet<>();
        for (Node n : nodes) {
            switch (n.op()) {
                case Op.Conv2d o when o.geometry().groups() == 1 -> all.add(n.input(1));
                case Op.Conv2dBackwardData o when o.geometry().groups() == 1 -> all.add(n.input(1));
                case Op.Linear o -> all.add(n.input(1));
                case Op.MatMul o -> all.addAll(n.inputs());
                default -> {}
            }
        }
        Set<Value> variables = new LinkedHashSet<>();
        for (Value v : all) {
            Value origin = v.node().op() instanceof Op.Reshape ? v.node().input(0) : v;
            if (origin.node().op() instanceof Op.Variable) {
                variables.add(origin);
            }
        }
        return variables;
    }
}
