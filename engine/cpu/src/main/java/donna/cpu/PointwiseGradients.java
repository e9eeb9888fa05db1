package donna.cpu;

import donna.cpu.kernel.Elementwise;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The products in both gradients of a 1x1 convolution, some images at a time, while the gradient of its result is in the cache: that one is never stored whole.
 *
 * <p>Memory, in order: a piece of the result's gradient, src, the weight's gradient by one piece, by all so far, the same row-major, the primitives'
 * scratchpad; weights and dSrc if that is wanted; a rounded piece if there is rounding.
 */
final class PointwiseGradients {
    /**
     * What runs.
     *
     * @param weight (src, dDst, dWeight) of a piece
     * @param data (dDst, weights, dSrc) of a piece, in the same elements
     * @param rounding of a piece; empty in single precision
     * @param order from the order of the weight's gradient to row-major; empty if it is that
     */
    record Parts(Compiled weight, Optional<Compiled> data, Optional<Compiled> rounding, Optional<Compiled> order) {}

    private final PieceRuns weight;
    private final Optional<PieceRuns> data;
    private final Optional<Step.Work> rounding;
    private final Optional<Step.Work> order;
    private MemorySegment[] all = {};

    /** @param count of pieces */
    PointwiseGradients(Parts parts, int count, Arena arena) {
        weight = new PieceRuns(parts.weight, count, arena);
        data = parts.data.map(c -> new PieceRuns(c, count, arena));
        rounding = parts.rounding.map(c -> c.work(arena));
        order = parts.order.map(c -> c.work(arena));
    }

    void moved(MemorySegment[] m) {
        all = m;
        MemorySegment multiplied = rounding.isPresent() ? m[m.length - 1] : m[0];
        rounding.ifPresent(r -> r.moved(new MemorySegment[] {m[0], multiplied}));
        order.ifPresent(o -> o.moved(new MemorySegment[] {m[3], m[4]}));
        weight.moved(m[5], 0, m[1], multiplied, m[2]);
        data.ifPresent(d -> d.moved(m[5], 2, multiplied, m[6], m[7]));
    }

    /** Takes piece {@code i}, whose gradient is there; allocates nothing. */
    void run(int i, CpuStream stream) {
        if (rounding.isPresent()) {
            rounding.get().run(all, stream);
        }
        weight.run(i, stream);
        if (i == 0) {
            all[3].copyFrom(all[2]);
        } else {
            Elementwise.add(all[3], all[2], all[3], all[3].byteSize() / Float.BYTES);
        }
        if (data.isPresent()) {
            data.get().run(i, stream);
        }
    }

    /** The weight's gradient. */
    MemorySegment weight() {
        return all[4];
    }

    /** After the last piece: writes the weight's gradient. */
    void end(CpuStream stream) {
        if (order.isPresent()) {
            order.get().run(all, stream);
        } else {
            all[4].copyFrom(all[3]);
        }
    }

    void close() {
        weight.close();
        data.ifPresent(PieceRuns::close);
        rounding.ifPresent(Step.Work::close);
        order.ifPresent(Step.Work::close);
    }
}
