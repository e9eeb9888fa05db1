package donna.cpu;

import donna.cpu.ConvolutionChoices.Choice;
import donna.cpu.Primitives.Pass;
import donna.cpu.Projections.Backward;
import donna.cpu.Projections.Projection;
import donna.cpu.kernel.BatchNormBackward;
import donna.cpu.kernel.ChannelGate;
import donna.cpu.kernel.ChannelMoments;
import donna.cpu.kernel.GatedSource;
import donna.cpu.kernel.NormalizedSource;
import donna.cpu.kernel.NormalizedSourceBackward;
import donna.cpu.kernel.PlaneSource;
import donna.cpu.kernel.PointwiseBackward;
import donna.graph.Node;
import donna.graph.Op;
import donna.tensor.ConvGeometry;
import donna.tensor.Layout;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A batch norm or a gate and the 1x1 convolution behind it ({@link Projections}) as fewer passes over memory. Forward: the norm only takes its statistics, and
 * the convolution normalises or scales what it loads and takes the moments of what it stores. Backward: one pass makes both gradients of the convolution, and
 * the sums of the norm's gradient or the gate's.
 */
final class ProjectionLowering {
    /** A quarter of a second-level cache. */
    private static final long GROUP_BYTES = 256 << 10;

    private final PlanBuilder b;
    private final NormLowering norms;
    private final ConvolutionChoices choices;
    private final int block = Lowering.block();
    private final Map<Node, Projection> bySource = new HashMap<>();
    private final Map<Node, Projection> byConv = new HashMap<>();
    private final Map<Node, Projection> byTurn = new HashMap<>();
    private final Set<Node> absorbed = new HashSet<>();

    ProjectionLowering(PlanBuilder b, NormLowering norms, ConvolutionChoices choices, Projections projections) {
        this.b = b;
        this.norms = norms;
        this.choices = choices;
        for (Projection p : projections.found()) {
            bySource.put(p.source(), p);
            byConv.put(p.conv(), p);
            p.backward().ifPresent(g -> {
                byTurn.put(g.turn(), p);
                absorbed.addAll(g.others());
            });
        }
    }

    /** Whether another gradient of its projection does {@code n}'s work. */
    boolean absorbs(Node n) {
        return absorbed.contains(n);
    }

    /** Writes the steps of a node that belongs to a projection; false if it does not. */
    boolean write(Node n) {
        if (bySource.containsKey(n)) {
            source(n);
        } else if (byConv.containsKey(n)) {
            forward(byConv.get(n));
        } else if (byTurn.containsKey(n)) {
            backward(n, byTurn.get(n));
        } else {
            return false;
        }
        return true;
    }

    private void source(Node n) {
        if (n.op() instanceof Op.BatchNorm) {
            norms.statistics(n);
        } else {
            b.absent(n.output(0));
        }
    }

    private void forward(Projection p) {
        Shape s = p.source().output(0).shape();
        Shape d = p.conv().output(0).shape();
        int group = group(s);
        Shape images = s.with(0, group);
        Choice c = choices.exact(Pass.FORWARD, images, p.conv().input(1).shape(), d.with(0, group), ConvGeometry.POINTWISE).orElseThrow();
        ChannelMoments moments = new ChannelMoments(d.dim(1));
        List<Slot> slots = sourceMemory(p.source());
        slots.addAll(List.of(choices.weight(p.conv().input(1), c), b.define(p.conv().output(0), block),
                b.temporary(new Layout(block).elements(images) * Float.BYTES, block)));
        if (c.compiled().scratchBytes() > 0) {
            slots.add(b.temporary(c.compiled().scratchBytes()));
        }
        PlaneSource source =
                p.source().op() instanceof Op.BatchNorm o ? new NormalizedSource(s.dim(1), s.dim(2) * s.dim(3), o.act()) : new GatedSource(gate(s), false);
        b.step(name(p) + "+" + c.compiled().implementation() + "+moments", new ProjectionForward(group, s, d, source, b.work(c.compiled()), moments),
                slots.toArray(Slot[]::new));
        norms.measured(p.conv().output(0), moments);
    }

    private static String name(Projection p) {
        return p.source().op() instanceof Op.BatchNorm ? "norm" : "gate";
    }

    private static ChannelGate gate(Shape s) {
        return new ChannelGate(s.dim(0), s.dim(1), s.dim(2), s.dim(3));
    }

    /** Images that are formed together. */
    private int group(Shape s) {
        long image = new Layout(block).elements(s.with(0, 1)) * Float.BYTES;
        int group = Math.clamp(GROUP_BYTES / image, 1, s.dim(0));
        while (s.dim(0) % group != 0) {
            group--;
        }
        return group;
    }

    private List<Slot> sourceMemory(Node source) {
        List<Slot> slots = new ArrayList<>(List.of(b.in(source.input(0), block), b.plain(source.input(1))));
        if (source.op() instanceof Op.BatchNorm) {
            slots.addAll(List.of(b.plain(source.input(2)), b.plain(source.output(1)), b.plain(source.output(2))));
        }
        return slots;
    }

    private void backward(Node n, Projection p) {
        Shape s = p.source().output(0).shape();
        if (p.source().op() instanceof Op.BatchNorm o) {
            BatchNormBackward k = new BatchNormBackward(s.dim(0), s.dim(1), s.dim(2), s.dim(3), o.act(), false);
            reduce(n, k);
            b.step("vector second pass", (m, stream) -> k.apply(m[0], m[1], m[0]), b.origin(n.output(0)), b.in(n.input(1), block));
            return;
        }
        List<Slot> slots = sourceMemory(p.source());
        Slot g = b.define(n.output(0), block);
        slots.addAll(List.of(g, b.define(p.backward().orElseThrow().source().output(0), 1)));
        gradients(p, new GatedSource(gate(s), true), slots, g);
    }

    /** Where {@code n} is the gradient of a projection's norm: what comes before the second pass of {@code k}; else nothing, and false. */
    boolean reduce(Node n, BatchNormBackward k) {
        Projection p = byTurn.get(n);
        if (p == null) {
            return false;
        }
        Shape s = p.source().output(0).shape();
        NormalizedSourceBackward source = new NormalizedSourceBackward(s.dim(2) * s.dim(3), ((Op.BatchNorm) p.source().op()).act(), k);
        List<Slot> slots = sourceMemory(p.source());
        Slot g = b.define(n.output(0), block);
        slots.addAll(List.of(g, b.define(n.output(1), 1), b.define(n.output(2), 1), b.temporary(source.slopeBytes())));
        b.absent(n.input(0));
        gradients(p, source, slots, g);
        return true;
    }

    /** The step of all gradients, with the source's memory, in which {@code g} is the data gradient. */
    private void gradients(Projection p, PlaneSource source, List<Slot> slots, Slot g) {
        Backward back = p.backward().orElseThrow();
        Shape s = p.source().output(0).shape();
        PointwiseBackward k = new PointwiseBackward(s.dim(0), s.dim(1), p.conv().output(0).shape().dim(1), s.dim(2) * s.dim(3), source);
        slots.addAll(List.of(b.in(back.data().input(0), block), b.plain(p.conv().input(1)), g, b.define(back.weight().output(0), 1),
                b.temporary(k.weightBytes()), b.temporary(k.sumBytes()), b.temporary(k.formedBytes())));
        b.step("1x1+" + name(p), (m, stream) -> k.run(m), slots.toArray(Slot[]::new));
        back.others().forEach(b::done);
    }
}
