package donna.cpu;

import donna.cpu.DepthwiseChains.Backward;
import donna.cpu.DepthwiseChains.Chain;
import donna.cpu.ExpansionLowering.Expansion;
import donna.cpu.kernel.BatchNormBackward;
import donna.cpu.kernel.BatchNormForward;
import donna.cpu.kernel.ChannelGate;
import donna.cpu.kernel.DepthwisePass;
import donna.cpu.kernel.GlobalPool;
import donna.cpu.kernel.Lanes;
import donna.cpu.kernel.NormalizedPlanes;
import donna.cpu.kernel.NormalizedPlanesBackward;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Batch norm, depthwise convolution, batch norm ({@link DepthwiseChains}) as fewer passes over memory. Forward: the first norm only takes its statistics, and
 * one pass normalises, convolves and takes the second norm's. Backward: the second norm's gradient only takes its sums, and one pass does the rest of it, both
 * gradients of the convolution, and the first norm's sums. A 1x1 convolution in front may be part of both passes ({@link ExpansionLowering}).
 */
final class DepthwiseChainLowering {
    private final PlanBuilder b;
    private final NormLowering norms;
    private final ExpansionLowering expansions;
    private final ProjectionLowering projections;
    private final int block = Lowering.block();
    private final Map<Node, Runnable> writers = new HashMap<>();
    private final Set<Node> absorbed = new HashSet<>();

    /**
     * What the steps of a chain share.
     *
     * @param expansion the 1x1 convolution in front, where its result is not stored
     */
    private record Shared(NormalizedPlanes planes, DepthwisePass forward, BatchNormBackward after, Optional<Expansion> expansion) {}

    DepthwiseChainLowering(PlanBuilder b, NormLowering norms, ExpansionLowering expansions, ProjectionLowering projections, GateFusion gates,
            DepthwiseChains chains) {
        this.b = b;
        this.norms = norms;
        this.expansions = expansions;
        this.projections = projections;
        for (Chain c : chains.found()) {
            take(c, shared(c), gates);
        }
    }

    private Shared shared(Chain c) {
        Shape src = c.before().input(0).shape();
        Shape dst = c.conv().output(0).shape();
        ConvGeometry g = ((Op.Conv2d) c.conv().op()).geometry();
        int kernel = c.conv().input(1).shape().dim(2);
        NormalizedPlanes planes = new NormalizedPlanes(
                src.dim(1), src.dim(2), src.dim(3), dst.dim(2), dst.dim(3), ((Op.BatchNorm) c.before().op()).act());
        BatchNormBackward after =
                new BatchNormBackward(dst.dim(0), dst.dim(1), dst.dim(2), dst.dim(3), ((Op.BatchNorm) c.after().op()).act(), false);
        return new Shared(planes, DepthwisePass.forward(src.dim(1), src.dim(2), src.dim(3), kernel, g), after, expansions.of(c));
    }

    private void take(Chain c, Shared s, GateFusion gates) {
        writers.put(c.before(), () -> s.expansion.ifPresentOrElse(e -> e.statistics(c.before()), () -> norms.statistics(c.before())));
        s.expansion.ifPresent(e -> absorbed.add(e.conv()));
        writers.put(c.conv(), () -> forward(c, s));
        writers.put(c.after(), () -> after(c));
        c.pool().ifPresent(absorbed::add);
        c.backward().ifPresent(back -> {
            writers.put(back.after(), () -> back.gate().ifPresentOrElse(add -> reduceGated(back.after(), add, gates.of(add).orElseThrow(), s),
                    () -> reduce(back.after(), s)));
            back.gate().ifPresent(absorbed::add);
            absorbed.addAll(List.of(back.data(), back.weight()));
            s.expansion.ifPresent(e -> absorbed.addAll(e.gradients()));
            writers.put(back.before(), () -> backward(c, back, s));
        });
    }

    /** Whether another node of its chain does {@code n}'s work. */
    boolean absorbs(Node n) {
        return absorbed.contains(n);
    }

    /** Writes the steps of a node that belongs to a chain; false if it does not. */
    boolean write(Node n) {
        Runnable writer = writers.get(n);
        if (writer == null) {
            return false;
        }
        writer.run();
        return true;
    }

    private void forward(Chain c, Shared s) {
        Node norm = c.before();
        Shape src = norm.input(0).shape();
        List<Slot> slots = new ArrayList<>(List.of(s.expansion.map(Expansion::source).orElseGet(() -> b.in(norm.input(0), block)), b.plain(norm.input(1)),
                b.plain(norm.input(2)), b.plain(norm.output(1)), b.plain(norm.output(2)), b.plain(c.conv().input(1)),
                b.define(c.conv().output(0), block), b.temporary(plane(src)), b.temporary(s.forward.scratchBytes())));
        s.expansion.ifPresent(e -> slots.addAll(e.forwardMemory()));
        b.step(s.expansion.isPresent() ? "1x1+norm+depthwise+moments" : "norm+depthwise+moments",
                new NormDepthwiseForward(src.dim(0), Lanes.blocks(src.dim(1)), s.planes, s.forward, s.expansion.map(Expansion::forward)),
                slots.toArray(Slot[]::new));
        norms.measured(c.conv().output(0), s.planes.moments());
        s.expansion.ifPresent(e -> b.done(e.conv()));
    }

    /** Bytes of a plane of images of {@code shape}. */
    private static long plane(Shape shape) {
        return (long) shape.dim(2) * shape.dim(3) * Lanes.BYTES;
    }

    private void after(Chain c) {
        Node n = c.after();
        if (projections.write(n)) {
            return;
        }
        if (c.pool().isEmpty()) {
            norms.batchNorm(n, (Op.BatchNorm) n.op());
            return;
        }
        Shape d = n.input(0).shape();
        BatchNormForward k = norms.kernel(n);
        GlobalPool pool = new GlobalPool(d.dim(0), d.dim(1), d.dim(2), d.dim(3));
        Slot src = b.in(n.input(0), block);
        b.step("vector norm+pool", (m, stream) -> k.trainAndPool(m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], pool, m[9]), src,
                b.plain(n.input(1)), b.plain(n.input(2)), b.plain(n.input(3)), b.plain(n.input(4)), b.plain(n.input(5)),
                b.outLike(n.output(0), src), b.define(n.output(1), 1), b.define(n.output(2), 1), b.define(c.pool().get().output(0), 1));
        b.done(c.pool().get());
    }

    private void reduceGated(Node n, Node add, GateFusion.Parts parts, Shared s) {
        Shape d = n.input(1).shape();
        BatchNormBackward k = s.after;
        ChannelGate gate = new ChannelGate(d.dim(0), d.dim(1), d.dim(2), d.dim(3));
        Slot dScaled = b.in(parts.scale().input(0), block);
        b.step("vector gate+sums", (m, stream) -> k.reduceGated(m[0], gate, m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9], m[10], m[11]),
                dScaled, b.plain(parts.scale().input(1)), b.plain(parts.spread().input(0)), b.in(n.input(1), block), b.plain(n.input(2)),
                b.plain(n.input(3)), b.plain(n.input(4)), b.plain(n.input(5)), b.outLike(n.output(0), dScaled), b.define(n.output(1), 1),
                b.define(n.output(2), 1), b.temporary(BatchNormBackward.scratchBytes()));
        b.absent(add.output(0));
        b.done(parts.scale());
        b.done(parts.spread());
    }

    private void reduce(Node n, Shared s) {
        BatchNormBackward k = s.after;
        if (projections.reduce(n, k)) {
            return;
        }
        Slot dDst = b.in(n.input(0), block);
        Slot g = k.keepsGradient() ? b.outLike(n.output(0), dDst) : b.alias(n.output(0), dDst);
        b.step("vector sums", (m, stream) -> k.reduce(m[0], m[1], m[2], m[3], m[4], m[5], MemorySegment.NULL, m[6], m[7], m[8], m[9]), dDst,
                b.in(n.input(1), block), b.plain(n.input(2)), b.plain(n.input(3)), b.plain(n.input(4)), b.plain(n.input(5)), g,
                b.define(n.output(1), 1), b.define(n.output(2), 1), b.temporary(BatchNormBackward.scratchBytes()));
    }

    private void backward(Chain c, Backward back, Shared s) {
        Node norm = c.before();
        Shape src = norm.input(0).shape();
        Shape dst = c.conv().output(0).shape();
        ConvGeometry g = ((Op.Conv2d) c.conv().op()).geometry();
        int kernel = c.conv().input(1).shape().dim(2);
        NormalizedPlanesBackward k = new NormalizedPlanesBackward(
                src.dim(0), src.dim(1), src.dim(2), src.dim(3), kernel, g, ((Op.BatchNorm) norm.op()).act(), s.after);
        DepthwisePass data = DepthwisePass.backwardData(src.dim(1), src.dim(2), src.dim(3), kernel, g);
        Slot z = s.expansion.map(Expansion::planes).orElseGet(() -> b.in(norm.input(0), block));
        Slot left = b.origin(back.after().output(0));
        Slot dz = s.expansion.map(Expansion::gradientPlanes).orElseGet(() -> gradientLike(back, left));
        Slot mean = s.expansion.isPresent() ? b.temporary((long) src.dim(1) * Float.BYTES) : b.plain(norm.output(1));
        List<Slot> slots = new ArrayList<>(List.of(left, b.in(c.conv().output(0), block), z, b.plain(norm.input(1)),
                b.plain(norm.input(2)), mean, b.plain(norm.output(2)), b.plain(c.conv().input(1)), dz,
                b.define(back.weight().output(0), 1), b.define(back.before().output(1), 1), b.define(back.before().output(2), 1),
                b.temporary(k.weightBytes()), b.temporary(plane(dst)), b.temporary(plane(src)), b.temporary(k.slopeBytes()), b.temporary(data.scratchBytes())));
        s.expansion.ifPresent(e -> slots.addAll(e.backwardMemory()));
        String implementation = s.expansion.isPresent() ? "1x1+norm+depthwise+norm" : "norm+depthwise+norm";
        b.step(implementation, new NormDepthwiseBackward(src.dim(0), Lanes.blocks(src.dim(1)), k, data, s.expansion.map(Expansion::backward)),
                slots.toArray(Slot[]::new));
        b.absent(back.data().output(0));
        b.done(back.data());
        b.done(back.weight());
        s.expansion.ifPresent(e -> {
            b.absent(back.before().output(0));
            e.gradients().forEach(b::done);
        });
    }

    /**
     * A place for the gradient of the first norm's source: plane by plane that of what the second norm's first pass left, if only the chain reads that and the
     * planes are as large.
     */
    private Slot gradientLike(Backward back, Slot left) {
        Value d = back.before().output(0);
        boolean replaces = left.inScratch() && left.pending() == 2 && d.shape().equals(back.after().output(0).shape());
        return replaces ? b.alias(d, left) : b.define(d, block);
    }
}
