package donna.cpu;

import donna.cpu.DepthwiseChains.Chain;
import donna.cpu.DepthwiseChains.Gradient;
import donna.cpu.kernel.BatchNormForward;
import donna.cpu.kernel.ExpansionAlgebra;
import donna.cpu.kernel.Lanes;
import donna.cpu.kernel.PointwiseBackwardWeight;
import donna.cpu.kernel.PointwisePass;
import donna.cpu.kernel.SourceMoments;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The 1x1 convolution in front of a depthwise chain whose result is never stored: its batch norm's statistics come from its source's products, and each pass
 * over the chain forms it some planes at a time.
 */
final class ExpansionLowering {
    /** Source channels up to which forming a result anew costs next to nothing. */
    private static final int NARROW = 16;

    /** Source channels from which on the products cost more than the memory traffic they save. */
    private static final int WIDE = 49;

    /** Bytes for each source channel of a result that stays in a cache, so that storing it costs less than forming it anew. */
    private static final long CACHED = 150 << 10;

    private final PlanBuilder b;
    private final int block = Lowering.block();

    ExpansionLowering(PlanBuilder b) {
        this.b = b;
    }

    /** Whether a chain has an expansion that is formed in its passes; the limits are measured. */
    boolean takes(Chain c) {
        return c.expansion()
                .filter(e -> {
                    int in = e.conv().input(0).shape().dim(1);
                    return in <= NARROW || in < WIDE && e.conv().output(0).shape().elements() * Float.BYTES > in * CACHED;
                })
                .isPresent();
    }

    /** Empty where that is no gain. */
    Optional<Expansion> of(Chain c) {
        return takes(c) ? c.expansion().map(e -> new Expansion(e.conv(), e.gradient())) : Optional.empty();
    }

    /** Of one chain. Its methods write steps, in the order in which they stand here. */
    final class Expansion {
        private final Node conv;
        private final Value src;
        private final Value weight;
        private final Optional<Gradient> gradient;
        private final int in;
        private final int out;
        private final int pixels;
        private final PointwisePass forward;
        private final PointwiseBackwardWeight backwardWeight;
        private final Optional<ExpansionBackward.Source> backwardSource;
        private final ExpansionAlgebra algebra;
        private final SourceMoments moments;
        private Optional<Slot> sourceMoments = Optional.empty();

        private Expansion(Node conv, Optional<Gradient> gradient) {
            this.conv = conv;
            this.gradient = gradient;
            src = conv.input(0);
            weight = conv.input(1);
            Shape s = src.shape();
            in = s.dim(1);
            out = weight.shape().dim(0);
            pixels = s.dim(2) * s.dim(3);
            forward = PointwisePass.of(in, out, pixels);
            backwardWeight = new PointwiseBackwardWeight(in, out, pixels);
            backwardSource = gradient.flatMap(Gradient::data).map(n ->
                    new ExpansionBackward.Source(Lanes.blocks(in), PointwisePass.of(out, in, pixels), PointwisePass.adding(in, in, pixels)));
            algebra = new ExpansionAlgebra(in, out);
            moments = new SourceMoments(s.dim(0), in, s.dim(2), s.dim(3));
        }

        Node conv() {
            return conv;
        }

        /** Nodes whose work is done with the chain's gradient. */
        List<Node> gradients() {
            return gradient.stream().flatMap(g -> Stream.concat(Stream.of(g.weight()), g.data().stream())).toList();
        }

        private Slot floats(long count) {
            return b.temporary(count * Float.BYTES);
        }

        /** Room for some planes of the result. */
        Slot planes() {
            return planes(PointwisePass.PLANES);
        }

        /** Room for the gradient of as many planes, or of all that are kept. */
        Slot gradientPlanes() {
            return backwardSource.isPresent() ? planes(Lanes.blocks(out)) : planes();
        }

        private Slot planes(int count) {
            return b.temporary((long) count * pixels * Lanes.BYTES);
        }

        /** The statistics of {@code norm}, which is behind the convolution. */
        void statistics(Node norm) {
            Slot x = source();
            Slot result = floats((1L + in) * in);
            Op.BatchNorm o = (Op.BatchNorm) norm.op();
            Shape d = conv.output(0).shape();
            BatchNormForward k = new BatchNormForward(d.dim(0), d.dim(1), d.dim(2), d.dim(3), o.eps(), o.act(), false);
            Remembered.Computation computation = m -> moments.run(m[0], m[1], m[2], m[3]);
            b.step("vector products of the source", (m, stream) -> {
                if (x.owner().isPresent()) {
                    CpuBuffer owner = x.owner().get();
                    owner.remembered().fill(x.ownerOffset(), src.shape(), owner.version(), m, 1, computation);
                } else {
                    computation.run(m);
                }
            }, x, result, b.temporary(moments.imageBytes()), b.temporary(moments.sumBytes()));
            b.step("statistics of the source", (m, stream) -> {
                algebra.take(m[0], m[1]);
                k.statistics(algebra, m[2], m[3], m[4], m[5], m[6]);
            }, b.plain(weight), result, b.plain(norm.input(3)), b.plain(norm.input(4)), b.plain(norm.input(5)), b.define(norm.output(1), 1),
                    b.define(norm.output(2), 1));
            b.absent(conv.output(0));
            b.absent(norm.output(0));
            sourceMoments = Optional.of(result);
        }

        PointwisePass forward() {
            return forward;
        }

        Slot source() {
            return b.in(src, block);
        }

        /** What {@link #forward} takes besides its source: weights, room for them packed and for some planes of its result. */
        List<Slot> forwardMemory() {
            return List.of(b.plain(weight), b.temporary(forward.weightBytes()), planes());
        }

        ExpansionBackward backward() {
            return new ExpansionBackward(src.shape().dim(0), algebra, moments, forward, backwardWeight, backwardSource);
        }

        /** What {@link #backward} takes. */
        List<Slot> backwardMemory() {
            Gradient g = gradient.orElseThrow();
            List<Slot> slots = new ArrayList<>(List.of(source(), sourceMoments.orElseThrow(), b.temporary(moments.imageBytes()), b.plain(weight),
                    b.temporary(forward.weightBytes()), b.temporary(backwardWeight.sumBytes()), b.define(g.weight().output(0), 1)));
            backwardSource.ifPresent(s -> slots.addAll(List.of(floats((long) in * out), b.temporary(s.data().weightBytes()), floats((long) in * in),
                    floats(in), b.temporary(s.correction().weightBytes()), b.define(g.data().orElseThrow().output(0), block))));
            return slots;
        }
    }
}
