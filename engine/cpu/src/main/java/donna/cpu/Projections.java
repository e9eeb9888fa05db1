package donna.cpu;

import donna.cpu.kernel.Lanes;
import donna.cpu.kernel.NormalizedSourceBackward;
import donna.ffi.DnnlElement;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Finds a batch norm in training, or squeeze-and-excite's scaling, whose result only a 1x1 convolution reads, and the gradient of its weight: the end of
 * MBConv, of fused and of grouped layers.
 */
final class Projections {
    /** A smaller result stays in a cache, where a primitive of the whole batch reads it as fast. */
    private static final long LEAST_BYTES = 1 << 20;

    /** Bytes of a plane, of which some and their gradients stay in a second-level cache while they are formed and used. */
    private static final long LARGEST_PLANE = 64 << 10;

    /** With more outputs the primitives' gradients are so much faster than ours that nothing is gained; measured. */
    private static final int MOST_OUTPUTS = 64;

    /** {@code source}, whose result is not stored, and {@code conv}, which reads it. */
    record Projection(Node source, Node conv, Optional<Backward> backward) {}

    /**
     * The gradients, all formed in one step.
     *
     * @param source that of the batch norm or of the gate
     * @param turn whose place in the graph that step has: the norm's, which comes last, or else that of data
     */
    record Backward(Node data, Node weight, Node source, Node turn) {
        List<Node> others() {
            return Stream.of(data, weight, source).filter(n -> n != turn).toList();
        }
    }

    private final PlanBuilder b;
    private final Readers readers;
    private final List<Projection> found = new ArrayList<>();

    /** {@code formed}: convolutions whose results other steps form, from a source that is stored. */
    Projections(PlanBuilder b, Graph graph, Readers readers, Predicate<Node> formed) {
        this.b = b;
        this.readers = readers;
        graph.nodes().stream().filter(formed.negate()).forEach(n -> match(n).ifPresent(found::add));
    }

    List<Projection> found() {
        return found;
    }

    private Optional<Projection> match(Node conv) {
        if (!conv.op().equals(Op.Conv2d.plain(ConvGeometry.POINTWISE)) || conv.input(0).index() != 0) {
            return Optional.empty();
        }
        Value src = conv.input(0);
        Node source = src.node();
        if (!isSource(source) || !gains(src.shape(), conv.output(0).shape().dim(1)) || !readers.keeps(source.inputs(), source, conv)) {
            return Optional.empty();
        }
        List<Node> all = readers.alone(src);
        if (all.equals(List.of(conv))) {
            return Optional.of(new Projection(source, conv, Optional.empty()));
        }
        return all.size() == 2 ? backward(source, conv, all.getLast()).map(g -> new Projection(source, conv, Optional.of(g))) : Optional.empty();
    }

    private boolean gains(Shape src, int outputs) {
        long numbers = src.elements();
        return numbers * Float.BYTES >= LEAST_BYTES
                && (long) src.dim(2) * src.dim(3) * Lanes.BYTES <= LARGEST_PLANE
                && outputs <= MOST_OUTPUTS
                && b.multiplied(numbers * outputs, numbers) == DnnlElement.F32;
    }

    private static boolean isSource(Node n) {
        return n.op() instanceof Op.ChannelScale
                || n.op() instanceof Op.BatchNorm o && !o.residual() && NormalizedSourceBackward.supports(o.act());
    }

    private Optional<Backward> backward(Node source, Node conv, Node weight) {
        Op data = new Op.Conv2dBackwardData(ConvGeometry.POINTWISE, source.output(0).shape());
        if (!weight.op().equals(new Op.Conv2dBackwardWeight(ConvGeometry.POINTWISE, conv.input(1).shape()))) {
            return Optional.empty();
        }
        Value d = weight.input(1);
        return readers.inside(d).stream()
                .filter(n -> n.op().equals(data) && n.inputs().equals(List.of(d, conv.input(1))))
                .flatMap(n -> readers.alone(n.output(0)).stream()
                        .filter(r -> isGradient(r, n.output(0), source))
                        .map(r -> new Backward(n, weight, r, r.op() instanceof Op.BatchNormBackward ? r : n)))
                .filter(g -> inTime(g, conv))
                .findFirst();
    }

    private boolean isGradient(Node n, Value d, Node source) {
        return source.op() instanceof Op.BatchNorm
                ? readers.alone(d).size() == 1 && DepthwiseChains.isGradientOf(n, source) && n.input(0).equals(d)
                : n.op() instanceof Op.ChannelScaleBackwardGate && n.inputs().equals(List.of(d, source.input(0)));
    }

    /** Whether all can be formed when {@code g.turn} has come: nobody asks for them earlier, and what they read is still the same. */
    private boolean inTime(Backward g, Node conv) {
        List<Node> all = List.of(g.data, g.weight, g.source);
        Node first = g.data.id() < g.weight.id() ? g.data : g.weight;
        return Stream.of(g.data, g.weight)
                        .flatMap(n -> readers.inside(n.output(0)).stream())
                        .allMatch(r -> all.contains(r) || r.id() > g.turn.id())
                && readers.keeps(List.of(conv.input(1)), first, g.turn);
    }
}
