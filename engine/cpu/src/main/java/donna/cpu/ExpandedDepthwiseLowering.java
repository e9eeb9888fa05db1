package donna.cpu;

import donna.cpu.kernel.DepthwiseConvolution;
import donna.cpu.kernel.ExpandedDepthwise;
import donna.ffi.DnnlElement;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The 1x1 convolutions of inference whose result only a depthwise convolution reads, and is too large for the caches: both run some planes at a time
 * ({@link ExpandedDepthwise}). In training a batch norm stands between them ({@link DepthwiseChains}).
 */
final class ExpandedDepthwiseLowering {
    /** Bytes of a result from which on storing it costs more than what a primitive's loops save. */
    private static final long LARGE = 512 << 10;

    private final PlanBuilder b;
    private final int block = Lowering.block();
    private final Map<Node, Node> expansions = new HashMap<>();

    /** Of packed weights. */
    private record Packed() {}

    ExpandedDepthwiseLowering(PlanBuilder b, Graph graph, Readers readers) {
        this.b = b;
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.Conv2d o && !o.residual() && ConvolutionChoices.isDepthwise(o.geometry(), n.input(1).shape())) {
                Node e = n.input(0).node();
                if (takes(e) && readers.alone(e.output(0)).size() == 1 && readers.keeps(e.inputs(), e, n)) {
                    expansions.put(n, e);
                }
            }
        }
    }

    private boolean takes(Node n) {
        if (!(n.op() instanceof Op.Conv2d o) || o.residual() || !o.geometry().equals(ConvGeometry.POINTWISE)) {
            return false;
        }
        Shape s = n.output(0).shape();
        long products = s.elements() * n.input(1).shape().dim(1);
        return s.elements() * Float.BYTES >= LARGE && b.multiplied(products, s.elements()) == DnnlElement.F32;
    }

    /** Whether a depthwise convolution does {@code n}'s work. */
    boolean absorbs(Node n) {
        return expansions.containsValue(n);
    }

    /** The 1x1 convolution whose work {@code depthwise} does, if there is one. */
    Optional<Node> of(Node depthwise) {
        return Optional.ofNullable(expansions.get(depthwise));
    }

    /** Both convolutions, by {@code k} for the second. */
    void write(Node expansion, Node depthwise, DepthwiseConvolution k) {
        Op.Conv2d first = (Op.Conv2d) expansion.op();
        Op.Conv2d second = (Op.Conv2d) depthwise.op();
        Shape s = expansion.input(0).shape();
        ExpandedDepthwise both = new ExpandedDepthwise(
                s.dim(0), s.dim(1), expansion.output(0).shape().dim(1), s.dim(2) * s.dim(3), first.bias(), first.act(), k);
        Slot packed = b.derived(expansion.input(1), new Packed(), () -> {
            Slot room = b.temporary(both.weightBytes());
            b.step("vector pack weight", (m, stream) -> both.pack(m[0], m[1]), b.plain(expansion.input(1)), room);
            return room;
        });
        b.step("1x1+depthwise", (m, stream) -> both.run(m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]), b.in(expansion.input(0), block), packed,
                b.plain(expansion.input(first.bias() ? 2 : 1)), b.plain(depthwise.input(1)), b.plain(depthwise.input(second.bias() ? 2 : 1)),
                b.define(depthwise.output(0), block), b.temporary(both.planesBytes()), b.temporary(k.scratchBytes()));
        b.absent(expansion.output(0));
        b.done(expansion);
    }
}
