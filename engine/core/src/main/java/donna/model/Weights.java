package donna.model;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;

/** Where a layer's node reads its parameters. */
final class Weights {
    private Weights() {}

    /** Whether all that the node reads besides features are parameters as they are stored, or a 1x1 convolution's as a matrix. */
    static boolean isStored(Node n) {
        int from = 1;
        int to = switch (n.op()) {
            case Op.Conv2d c when c.residual() || c.act() != Activation.NONE -> -1;
            case Op.Conv2d c -> c.bias() ? 3 : 2;
            case Op.Linear l -> l.bias() ? 3 : 2;
            case Op.BatchNormInference b -> 5;
            case Op.LayerNorm l -> 3;
            default -> -1;
        };
        for (int i = from; i < to; i++) {
            if (!(variable(n.input(i)).node().op() instanceof Op.Variable)) {
                return false;
            }
        }
        return to > 0;
    }

    /** The variable itself, where {@code v} is a 1x1 convolution's weights seen as a matrix. */
    static Value variable(Value v) {
        boolean matrix = v.node().op() instanceof Op.Reshape
                && v.shape().rank() == 2
                && v.node().input(0).shape().rank() == 4
                && v.node().input(0).shape().dim(0) == v.shape().dim(0)
                && v.node().input(0).shape().dim(1) == v.shape().dim(1);
        return matrix ? v.node().input(0) : v;
    }

    static String name(Value v) {
        return ((Op.Variable) variable(v).node().op()).name();
    }
}
