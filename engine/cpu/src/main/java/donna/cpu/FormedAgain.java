package donna.cpu;

import donna.cpu.kernel.Activations;
import donna.cpu.kernel.BatchNormForward;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Shape;
import java.util.HashMap;
import java.util.Map;

/**
 * What a batch norm and a clamping activation make for a convolution, formed again where the weight's gradient reads it instead of being kept from the forward
 * pass on: the norm's source is kept anyway, and what lies in no cache costs more to store and to load than to compute.
 */
final class FormedAgain {
    /** What a smaller result is kept in, a cache does. */
    private static final long LEAST_BYTES = 1 << 20;

    private final PlanBuilder b;
    private final int block = Lowering.block();
    private final Readers readers;
    private final Map<Node, Node> norms = new HashMap<>();

    FormedAgain(PlanBuilder b, Graph graph, Readers readers) {
        this.b = b;
        this.readers = readers;
        graph.nodes().stream().filter(n -> n.op() instanceof Op.Conv2dBackwardWeight).forEach(this::match);
    }

    private void match(Node gradient) {
        Value v = gradient.input(0);
        Node norm = v.node();
        if (v.index() == 0
                && norm.op() instanceof Op.BatchNorm o
                && !o.residual()
                && Activations.clamps(o.act())
                && v.spec().bytes() >= LEAST_BYTES
                && readers.alone(v).size() == 2
                && readers.alone(v).getFirst().op() instanceof Op.Conv2d
                && isReadAfter(norm.input(0), gradient)
                && isReadAfter(norm.output(1), gradient)
                && readers.keeps(norm.inputs().subList(1, 3), norm, gradient)) {
            norms.put(gradient, norm);
        }
    }

    /** Whether a value is still there when {@code n} runs. */
    private boolean isReadAfter(Value v, Node n) {
        return readers.alone(v).stream().anyMatch(r -> r.id() > n.id());
    }

    /** Writes the step that forms what {@code gradient} reads, if that is not kept. */
    void before(Node gradient) {
        Node norm = norms.get(gradient);
        if (norm == null || !b.livesOnlyIn(norm.output(0), block)) {
            return;
        }
        Shape s = norm.output(0).shape();
        Op.BatchNorm o = (Op.BatchNorm) norm.op();
        BatchNormForward k = new BatchNormForward(s.dim(0), s.dim(1), s.dim(2), s.dim(3), o.eps(), o.act(), false);
        b.step("vector norm again", (m, stream) -> k.again(m[0], m[1], m[2], m[3], m[4], m[5]), b.in(norm.input(0), block), b.plain(norm.input(1)),
                b.plain(norm.input(2)), b.plain(norm.output(1)), b.plain(norm.output(2)), b.moved(norm.output(0), block));
    }
}
