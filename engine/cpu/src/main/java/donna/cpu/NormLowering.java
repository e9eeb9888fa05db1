package donna.cpu;

import donna.cpu.kernel.BatchNormBackward;
import donna.cpu.kernel.BatchNormForward;
import donna.cpu.kernel.ChannelMoments;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Batch and layer normalisation. */
final class NormLowering {
    private final PlanBuilder b;
    private final Map<Value, ChannelMoments> measured = new HashMap<>();

    NormLowering(PlanBuilder b) {
        this.b = b;
    }

    /** Says that the step that writes {@code v} measures its moments: a norm of it need not. */
    void measured(Value v, ChannelMoments moments) {
        measured.put(v, moments);
    }

    /** The kernel of a norm, with the moments of its source where these are measured. */
    BatchNormForward kernel(Node n) {
        Shape s = n.input(0).shape();
        Op.BatchNorm o = (Op.BatchNorm) n.op();
        return new BatchNormForward(s.dim(0), s.dim(1), s.dim(2), s.dim(3), o.eps(), o.act(), o.residual(), Optional.ofNullable(measured.get(n.input(0))));
    }

    private String how(Node n, String what) {
        return measured.containsKey(n.input(0)) ? what + ", moments given" : what;
    }

    /** What {@code n} makes but its result, which the steps that use it form. */
    void statistics(Node n) {
        BatchNormForward k = kernel(n);
        b.step(how(n, "vector statistics"), (m, stream) -> k.statistics(m[0], m[1], m[2], m[3], m[4], m[5]), b.in(n.input(0), Lowering.block()),
                b.plain(n.input(3)), b.plain(n.input(4)), b.plain(n.input(5)), b.define(n.output(1), 1), b.define(n.output(2), 1));
        b.absent(n.output(0));
    }

    void batchNorm(Node n, Op.BatchNorm o) {
        BatchNormForward k = kernel(n);
        Slot src = b.in(n.input(0), Lowering.block());
        List<Slot> slots = new ArrayList<>(List.of(src));
        for (int i = 1; i < 6; i++) {
            slots.add(b.plain(n.input(i)));
        }
        Slot residual = o.residual() ? b.in(n.input(6), Lowering.block()) : src;
        slots.add(residual);
        slots.add(o.residual() && b.overwritable(residual) ? b.alias(n.output(0), residual) : b.outLike(n.output(0), src));
        slots.add(b.define(n.output(1), 1));
        slots.add(b.define(n.output(2), 1));
        boolean added = o.residual();
        b.step(how(n, "vector"), (m, stream) -> k.train(m[0], m[1], m[2], m[3], m[4], m[5], added ? m[6] : MemorySegment.NULL, m[7], m[8], m[9]),
                slots.toArray(Slot[]::new));
    }

    void batchNormInference(Node n, Op.BatchNormInference o) {
        Shape s = n.input(0).shape();
        BatchNormForward k = new BatchNormForward(s.dim(0), s.dim(1), s.dim(2), s.dim(3), o.eps(), o.act(), o.residual());
        Slot src = b.in(n.input(0), Lowering.block());
        List<Slot> slots = new ArrayList<>(List.of(src));
        for (int i = 1; i < 5; i++) {
            slots.add(b.plain(n.input(i)));
        }
        slots.add(o.residual() ? b.in(n.input(5), Lowering.block()) : src);
        slots.add(b.outLike(n.output(0), src));
        boolean added = o.residual();
        b.step("vector", (m, stream) -> k.infer(m[0], m[1], m[2], m[3], m[4], added ? m[5] : MemorySegment.NULL, m[6]), slots.toArray(Slot[]::new));
    }

    void batchNormBackward(Node n, Op.BatchNormBackward o) {
        Shape s = n.output(0).shape();
        BatchNormBackward k = new BatchNormBackward(s.dim(0), s.dim(1), s.dim(2), s.dim(3), o.act(), o.residual());
        Slot dDst = b.in(n.input(0), Lowering.block());
        List<Slot> slots = new ArrayList<>(List.of(dDst, b.in(n.input(1), Lowering.block())));
        for (int i = 2; i < 6; i++) {
            slots.add(b.plain(n.input(i)));
        }
        slots.add(o.residual() ? b.in(n.input(6), Lowering.block()) : dDst);
        slots.add(b.outLike(n.output(0), dDst));
        slots.add(b.define(n.output(1), 1));
        slots.add(b.define(n.output(2), 1));
        slots.add(o.residual() ? b.define(n.output(3), Lowering.block()) : dDst);
        slots.add(b.temporary(BatchNormBackward.scratchBytes()));
        boolean added = o.residual();
        b.step("vector", (m, stream) -> k.run(m[0], m[1], m[2], m[3], m[4], m[5], added ? m[6] : MemorySegment.NULL, m[7], m[8], m[9],
                added ? m[10] : MemorySegment.NULL, m[11]), slots.toArray(Slot[]::new));
    }

    void layerNorm(Node n, Op.LayerNorm o) {
        Shape s = n.input(0).shape();
        int columns = s.dim(-1);
        int rows = Math.toIntExact(s.elements() / columns);
        b.step("loop", (m, stream) -> RowLoops.layerNorm(rows, columns, o.eps(), m[0], m[1], m[2], m[3], m[4], m[5]),
                b.plain(n.input(0)), b.plain(n.input(1)), b.plain(n.input(2)), b.define(n.output(0), 1), b.define(n.output(1), 1),
                b.define(n.output(2), 1));
    }

    void layerNormBackward(Node n) {
        Shape s = n.input(1).shape();
        int columns = s.dim(-1);
        int rows = Math.toIntExact(s.elements() / columns);
        b.step("loop", (m, stream) -> RowLoops.layerNormBackward(rows, columns, m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]),
                b.plain(n.input(0)), b.plain(n.input(1)), b.plain(n.input(2)), b.plain(n.input(3)), b.plain(n.input(4)),
                b.define(n.output(0), 1), b.define(n.output(1), 1), b.define(n.output(2), 1));
    }
}
