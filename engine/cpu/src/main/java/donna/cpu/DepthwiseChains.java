package donna.cpu;

import donna.cpu.kernel.NormalizedPlanes;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds batch norm, depthwise convolution, batch norm in training, with the ops of their gradients where the graph has them, and nothing else that reads what
 * lies between: the middle of an MBConv layer, whose tensors need not be stored ({@link NormDepthwiseForward}).
 */
final class DepthwiseChains {
    /**
     * One such chain.
     *
     * @param before whose result only {@code conv} and its weight's gradient read
     * @param after whose source only its own gradient reads as well
     * @param pool global average of {@code after}'s result, as in squeeze-and-excite
     * @param expansion the 1x1 convolution in front, where nobody else reads its result
     */
    record Chain(Node before, Node conv, Node after, Optional<Node> pool, Optional<Backward> backward, Optional<Expansion> expansion) {}

    /**
     * The gradients of a chain, in the order of the graph but for data and weight, which may come either way.
     *
     * @param gate squeeze-and-excite's addition whose result only {@code after} reads
     * @param before the last: everything is known when its turn has come, and nothing has asked for the others' results
     */
    record Backward(Optional<Node> gate, Node after, Node data, Node weight, Node before) {}

    /** A 1x1 convolution; its gradients where the chain has some, which alone read the gradient that {@link Backward#before} makes. */
    record Expansion(Node conv, Optional<Gradient> gradient) {}

    /** Both gradients of a 1x1 convolution; its source need not have one. */
    record Gradient(Node weight, Optional<Node> data) {}

    private final Readers readers;
    private final List<Chain> found = new ArrayList<>();
    private final GateFusion gates;

    DepthwiseChains(Graph graph, Readers readers, GateFusion gates) {
        this.readers = readers;
        this.gates = gates;
        graph.nodes().forEach(n -> match(n).ifPresent(found::add));
    }

    List<Chain> found() {
        return found;
    }

    private Optional<Chain> match(Node conv) {
        if (!(conv.op() instanceof Op.Conv2d o)
                || !o.equals(Op.Conv2d.plain(o.geometry()))
                || !ConvolutionChoices.isDepthwise(o.geometry(), conv.input(1).shape())
                || conv.input(0).index() != 0
                || !(conv.input(0).node().op() instanceof Op.BatchNorm norm)
                || norm.residual()) {
            return Optional.empty();
        }
        Node before = conv.input(0).node();
        Shape src = before.input(0).shape();
        List<Node> after = readers.alone(conv.output(0)).stream().filter(DepthwiseChains::normalizes).toList();
        if (after.size() != 1 || !NormalizedPlanes.supports(src.dim(2), src.dim(3), norm.act()) || !readers.quiet(before, conv)) {
            return Optional.empty();
        }
        if (readers.alone(conv.output(0)).size() == 1) {
            return readers.alone(conv.input(0)).size() == 1 ? Optional.of(chain(before, conv, after.getFirst(), Optional.empty())) : Optional.empty();
        }
        return backward(before, conv, after.getFirst()).map(b -> chain(before, conv, after.getFirst(), Optional.of(b)));
    }

    private Chain chain(Node before, Node conv, Node after, Optional<Backward> backward) {
        List<Node> pools = ((Op.BatchNorm) after.op()).act().keepsZero()
                ? readers.inside(after.output(0)).stream().filter(n -> n.op() instanceof Op.GlobalAveragePool).toList()
                : List.of();
        return new Chain(before, conv, after, pools.size() == 1 ? Optional.of(pools.getFirst()) : Optional.empty(), backward,
                expansion(before, conv, backward));
    }

    private static boolean normalizes(Node n) {
        return n.op() instanceof Op.BatchNorm o && !o.residual();
    }

    private Optional<Backward> backward(Node before, Node conv, Node after) {
        Op.Conv2d o = (Op.Conv2d) conv.op();
        Optional<Node> afterBackward = other(conv.output(0), after);
        Optional<Node> weight = other(conv.input(0), conv);
        if (afterBackward.isEmpty() || weight.isEmpty() || !isGradientOf(afterBackward.get(), after)) {
            return Optional.empty();
        }
        Value d = afterBackward.get().output(0);
        Optional<Node> data = other(d, weight.get());
        if (data.isEmpty()
                || !weight.get().op().equals(new Op.Conv2dBackwardWeight(o.geometry(), conv.input(1).shape()))
                || !weight.get().input(1).equals(d)
                || !data.get().op().equals(new Op.Conv2dBackwardData(o.geometry(), conv.input(0).shape()))
                || !data.get().inputs().equals(List.of(d, conv.input(1)))) {
            return Optional.empty();
        }
        List<Node> last = readers.alone(data.get().output(0));
        if (last.size() != 1
                || !isGradientOf(last.getFirst(), before)
                || !last.getFirst().input(0).equals(data.get().output(0))
                || readers.inside(weight.get().output(0)).stream().anyMatch(n -> n.id() < last.getFirst().id())
                || weight.get().id() > last.getFirst().id()
                || !readers.quiet(afterBackward.get(), last.getFirst())) {
            return Optional.empty();
        }
        Value dDst = afterBackward.get().input(0);
        Optional<Node> gate = readers.alone(dDst).size() == 1 && gates.of(dDst.node()).isPresent() ? Optional.of(dDst.node()) : Optional.empty();
        return Optional.of(new Backward(gate, afterBackward.get(), data.get(), weight.get(), last.getFirst()));
    }

    private Optional<Expansion> expansion(Node before, Node depthwise, Optional<Backward> backward) {
        Value z = before.input(0);
        Node conv = z.node();
        List<Node> reading = backward.map(b -> List.of(before, b.before())).orElse(List.of(before));
        Node last = backward.map(Backward::before).orElse(depthwise);
        if (z.index() != 0
                || !conv.op().equals(Op.Conv2d.plain(ConvGeometry.POINTWISE))
                || !readers.alone(z).equals(reading)
                || !readers.keeps(conv.inputs(), conv, last)) {
            return Optional.empty();
        }
        if (backward.isEmpty()) {
            return Optional.of(new Expansion(conv, Optional.empty()));
        }
        return gradient(conv, last).map(g -> new Expansion(conv, Optional.of(g)));
    }

    /** What reads the gradient that {@code before} makes, if it can run when that is made. */
    private Optional<Gradient> gradient(Node conv, Node before) {
        Value d = before.output(0);
        List<Node> all = readers.alone(d);
        Op weightOp = new Op.Conv2dBackwardWeight(ConvGeometry.POINTWISE, conv.input(1).shape());
        Op dataOp = new Op.Conv2dBackwardData(ConvGeometry.POINTWISE, conv.input(0).shape());
        List<Node> weights = all.stream().filter(n -> n.op().equals(weightOp) && n.inputs().equals(List.of(conv.input(0), d))).toList();
        List<Node> data = all.stream().filter(n -> n.op().equals(dataOp) && n.inputs().equals(List.of(d, conv.input(1)))).toList();
        boolean alone = weights.size() == 1 && data.size() <= 1 && all.size() == weights.size() + data.size();
        return alone && all.stream().allMatch(n -> readers.quiet(before, n))
                ? Optional.of(new Gradient(weights.getFirst(), data.stream().findFirst()))
                : Optional.empty();
    }

    /** The second of a value's two readers, of which {@code first} is one. */
    private Optional<Node> other(Value v, Node first) {
        List<Node> all = readers.alone(v);
        return all.size() == 2 && all.contains(first) ? all.stream().filter(n -> n != first).findFirst() : Optional.empty();
    }

    /** Whether {@code n} is the gradient of a batch norm without residual, of whatever it is given. */
    static boolean isGradientOf(Node n, Node norm) {
        return norm.op() instanceof Op.BatchNorm o
                && n.op().equals(new Op.BatchNormBackward(o.act(), false))
                && n.inputs()
                        .subList(1, 6)
                        .equals(List.of(norm.input(0), norm.input(1), norm.input(2), norm.output(1), norm.output(2)));
    }
}
