package donna.cpu;

import donna.cpu.kernel.Elementwise;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Both gradients of a 1x1 convolution, some images at a time, while the gradient of its result is in the cache: that one is never stored whole.
 *
 * <p>Memory, in order: src, dWeight row-major, a piece of the result's gradient, the weight's gradient by one piece, by all so far, the primitives'
 * scratchpad; weights and dSrc if that is wanted; a rounded piece if there is rounding.
 */
final class PointwiseGradients {
    /**
     * What runs.
     *
     * @param images of a piece
     * @param count of pieces
     * @param weight (src, dDst, dWeight) of a piece
     * @param data (dDst, weights, dSrc) of a piece, in the same elements
     * @param rounding of a piece; empty in single precision
     * @param order from the order of the weight's gradient to row-major; empty if it is that
     */
    record Parts(int images, int count, Compiled weight, Optional<Compiled> data, Optional<Compiled> rounding, Optional<Compiled> order) {
        /** Bytes of the scratchpad. */
        long scratchBytes() {
            return Math.max(1, Math.max(weight.scratchBytes(), data.map(Compiled::scratchBytes).orElse(0L)));
        }
    }

    private final Parts parts;
    private final Step.Work weight;
    private final Optional<Step.Work> data;
    private final Optional<Step.Work> rounding;
    private final Optional<Step.Work> order;
    private final List<MemorySegment[]> weightMemory = new ArrayList<>();
    private final List<MemorySegment[]> dataMemory = new ArrayList<>();
    private MemorySegment[] all = {};

    PointwiseGradients(Parts parts, Arena arena) {
        this.parts = parts;
        weight = parts.weight.work(arena);
        data = parts.data.map(c -> c.work(arena));
        rounding = parts.rounding.map(c -> c.work(arena));
        order = parts.order.map(c -> c.work(arena));
    }

    int pieces() {
        return parts.count;
    }

    int images() {
        return parts.images;
    }

    /** Where the gradient of the result belongs before each {@link #run}. */
    MemorySegment piece() {
        return all[2];
    }

    void moved(MemorySegment[] m) {
        all = m;
        MemorySegment multiplied = rounding.isPresent() ? m[m.length - 1] : m[2];
        rounding.ifPresent(r -> r.moved(new MemorySegment[] {m[2], multiplied}));
        order.ifPresent(o -> o.moved(new MemorySegment[] {m[4], m[1]}));
        weightMemory.clear();
        dataMemory.clear();
        for (int i = 0; i < parts.count; i++) {
            weightMemory.add(arguments(parts.weight, part(m[0], i), multiplied, m[3]));
            if (data.isPresent()) {
                dataMemory.add(arguments(parts.data.orElseThrow(), multiplied, m[6], part(m[7], i)));
            }
        }
    }

    private MemorySegment[] arguments(Compiled c, MemorySegment a, MemorySegment b, MemorySegment dst) {
        return c.scratchBytes() > 0 ? new MemorySegment[] {a, b, dst, all[5]} : new MemorySegment[] {a, b, dst};
    }

    private MemorySegment part(MemorySegment images, int i) {
        long bytes = images.byteSize() / parts.count;
        return images.asSlice(i * bytes, bytes);
    }

    /** Takes piece {@code i}; allocates nothing. */
    void run(int i, CpuStream stream) {
        if (rounding.isPresent()) {
            rounding.get().run(all, stream);
        }
        weight.moved(weightMemory.get(i));
        weight.run(all, stream);
        if (i == 0) {
            all[4].copyFrom(all[3]);
        } else {
            Elementwise.add(all[4], all[3], all[4], all[4].byteSize() / Float.BYTES);
        }
        if (data.isPresent()) {
            data.get().moved(dataMemory.get(i));
            data.get().run(all, stream);
        }
    }

    /** After the last piece: writes the weight's gradient. */
    void end(CpuStream stream) {
        if (order.isPresent()) {
            order.get().run(all, stream);
        } else {
            all[1].copyFrom(all[4]);
        }
    }

    void close() {
        weight.close();
        data.ifPresent(Step.Work::close);
        rounding.ifPresent(Step.Work::close);
        order.ifPresent(Step.Work::close);
    }
}
