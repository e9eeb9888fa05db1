package donna.cuda;

import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Shape;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which nodes share a pass over memory: a sum works out what is added to it, where that is an image times a gate or a number per channel, and nobody
 * else reads it, and a batch norm's gradient works out such a sum; what makes a vector looks ahead to who reads it; a depthwise convolution adds up what the
 * batch norm that reads it makes its statistics of; and what a batch norm makes is made by those who read it, where they all can.
 */
final class Fusions {
    /** Kernels divide rows by an image's pixels with a share of two to the power of this: the product of both is less than that. */
    static final int SHARE_BITS = 40;

    private final GpuDevice device;
    private final Readers readers;
    private final Set<Node> absorbed = new HashSet<>();

    /** The sum {@code src gate + shift / pixels}, where gate and shift are numbers per image and channel. */
    record Spread(Value src, Optional<Value> gate, Value shift) {}

    /** @param device that the plan is for */
    Fusions(Graph graph, Readers readers, GpuDevice device) {
        this.readers = readers;
        this.device = device;
        graph.nodes().stream().filter(n -> n.op() instanceof Op.Add).forEach(n -> {
            if ((absorbSpread(n.input(1), n.input(0)) || absorbSpread(n.input(0), n.input(1))) && readByNorm(n.output(0))) {
                absorbed.add(n);
            }
        });
    }

    private boolean readByNorm(Value v) {
        return readers.alone(v) && readers.of(v).getFirst().op() instanceof Op.BatchNormBackward && readers.of(v).getFirst().input(0).equals(v)
                && dividesRows(v.shape());
    }

    private static boolean dividesRows(Shape s) {
        long pixels = (long) s.dim(2) * s.dim(3);
        return s.dim(0) * pixels * pixels < 1L << SHARE_BITS;
    }

    /** What the sum {@code n} adds up, if it works that out itself. */
    Optional<Spread> spread(Node n) {
        for (int i = 0; i < 2 && n.op() instanceof Op.Add; i++) {
            Node spread = n.input(i).node();
            if (absorbed(spread) && spread.op() instanceof Op.GlobalAveragePoolBackward) {
                Value other = n.input(1 - i);
                boolean scaled = absorbed(other.node());
                return Optional.of(new Spread(scaled ? other.node().input(0) : other, scaled ? Optional.of(other.node().input(1)) : Optional.empty(),
                        spread.input(0)));
            }
        }
        return Optional.empty();
    }

    /**
     * Whether what the batch norm {@code n} makes is not stored: all that read it, sums and products with a gate and some convolutions, make it from what
     * {@code n} reads, which is still there then.
     */
    boolean deferred(Node n) {
        Value v = n.output(0);
        List<Node> all = readers.of(v);
        int last = all.stream().mapToInt(Node::id).max().orElse(0);
        boolean kept = readers.of(n.input(0)).stream().allMatch(r -> r.op() instanceof Op.BatchNorm || r.op() instanceof Op.BatchNormBackward)
                && Stream.of(n.input(1), n.input(2)).allMatch(p -> readers.unchangedAt(p, last));
        return kept && n.op() instanceof Op.BatchNorm o && !o.residual() && !all.isEmpty() && !readers.given(v) && dividesRows(v.shape())
                && all.stream().allMatch(r -> makes(r, v, o));
    }

    /** Whether {@code reader} can make {@code v} itself, as {@code norm} does. */
    private boolean makes(Node reader, Value v, Op.BatchNorm norm) {
        return switch (reader.op()) {
            case Op.GlobalAveragePool o -> true;
            case Op.Conv2d o -> reader.input(0).equals(v) && !o.residual() && DepthwiseLowering.normalises(reader, norm.act(), device);
            case Op.Conv2dBackwardWeight o -> !reader.input(1).equals(v) && DepthwiseLowering.normalises(reader, norm.act(), device);
            case Op.ChannelScale o -> reader.input(0).equals(v) && !absorbed(reader);
            case Op.ChannelScaleBackwardGate o -> !reader.input(0).equals(v);
            default -> false;
        };
    }

    private boolean absorbSpread(Value spread, Value other) {
        boolean fits = spread.node().op() instanceof Op.GlobalAveragePoolBackward && readBySum(spread);
        if (fits) {
            absorbed.add(spread.node());
            if (other.node().op() instanceof Op.ChannelScale && readBySum(other)) {
                absorbed.add(other.node());
            }
        }
        return fits;
    }

    /** Whether nobody reads {@code v} but the sum, and nothing that changes is read for it. */
    private boolean readBySum(Value v) {
        boolean constant = v.node().inputs().stream().noneMatch(i -> i.node().op() instanceof Op.Variable);
        return constant && readers.alone(v);
    }

    /** Whether the sum that reads {@code n} works it out; it has no place of its own. */
    boolean absorbed(Node n) {
        return absorbed.contains(n);
    }

    /** What multiplies {@code v} by a number on the device, where nothing else reads it. */
    Optional<Node> scaling(Value v) {
        return readers.alone(v) ? reader(v, Op.ScaleBy.class).filter(n -> n.input(0).equals(v)) : Optional.empty();
    }

    /** The first that reads {@code v} as an op of {@code type}. */
    Optional<Node> reader(Value v, Class<? extends Op> type) {
        return readers.of(v).stream().filter(n -> type.isInstance(n.op())).findFirst();
    }

    /** Whether a batch norm wants the statistics of {@code v}. */
    boolean normalised(Value v) {
        return readers.of(v).stream().anyMatch(n -> n.op() instanceof Op.BatchNorm && n.input(0).equals(v));
    }
}
