package donna.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import donna.cpu.kernel.GradientSquares;
import donna.cpu.kernel.Updates;
import donna.graph.LossScale;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Optimizer steps: they change variables where they are, so they work in the variables' own layout. */
final class UpdateLowering {
    private final PlanBuilder b;

    UpdateLowering(PlanBuilder b) {
        this.b = b;
    }

    private static long count(Slot s) {
        return s.bytes() / Float.BYTES;
    }

    void sgd(Node n, Op.SgdUpdate o) {
        Slot parameter = b.origin(n.input(0));
        long count = count(parameter);
        List<Slot> slots = new ArrayList<>(
                List.of(parameter, b.in(n.input(1), parameter.block()), b.in(n.input(2), parameter.block()), b.plain(n.input(3))));
        update(n, slots, (m, factor) -> Updates.sgd(
                m[0], m[1], m[2], m[3].get(JAVA_FLOAT, 0), factor, o.momentum(), o.nesterov(), o.weightDecay(), count));
    }

    void adamW(Node n, Op.AdamWUpdate o) {
        Slot parameter = b.origin(n.input(0));
        int block = parameter.block();
        long count = count(parameter);
        List<Slot> slots = new ArrayList<>(List.of(parameter, b.in(n.input(1), block), b.in(n.input(2), block), b.in(n.input(3), block),
                b.plain(n.input(4)), b.plain(n.input(5))));
        update(n, slots, (m, factor) -> Updates.adamW(m[0], m[1], m[2], m[3], m[4].get(JAVA_FLOAT, 0), m[5].get(JAVA_FLOAT, 0), factor, o.beta1(), o.beta2(),
                o.eps(), o.weightDecay(), count));
    }

    private interface FactoredUpdate {
        void run(MemorySegment[] slots, float factor);
    }

    /** With the gradients' factor where {@code n} has one more input than there are slots; 1 else. */
    private void update(Node n, List<Slot> slots, FactoredUpdate update) {
        int inputs = slots.size();
        if (n.inputs().size() > inputs) {
            slots.add(b.plain(n.input(inputs)));
        }
        b.step("vector", (m, stream) -> {
            float factor = m.length > inputs ? m[inputs].get(JAVA_FLOAT, 0) : 1;
            if (factor != 0) {
                update.run(m, factor);
            }
        }, slots.toArray(Slot[]::new));
    }

    void ema(Node n, Op.EmaUpdate o) {
        Slot average = b.origin(n.input(0));
        long count = count(average);
        b.step("vector", (m, stream) -> Updates.ema(m[0], m[1], o.decay(), count), average, b.in(n.input(1), average.block()));
    }

    void clipFactor(Node n, Op.ClipFactor o) {
        squares(n.inputs(), List.of(b.define(n.output(0), 1)), (m, squares) ->
                m[0].set(JAVA_FLOAT, 0, (float) o.of(Math.sqrt(squares))));
    }

    void lossScale(Node n, Op.LossScaleUpdate o) {
        List<Slot> slots = List.of(b.plain(n.input(0)), b.plain(n.input(1)), b.define(n.output(0), 1), b.define(n.output(1), 1));
        squares(n.inputs().subList(2, n.inputs().size()), slots, (m, squares) -> {
            LossScale next = LossScale.after(o, squares, m[0].get(JAVA_FLOAT, 0), m[1].get(JAVA_FLOAT, 0), m[1].get(JAVA_FLOAT, Float.BYTES));
            m[0].set(JAVA_FLOAT, 0, (float) next.scale());
            m[1].set(JAVA_FLOAT, 0, (float) next.inRow());
            m[1].set(JAVA_FLOAT, Float.BYTES, (float) next.made());
            m[2].set(JAVA_FLOAT, 0, (float) next.factor());
            m[3].set(JAVA_FLOAT, 0, (float) next.made());
        });
    }

    private interface UseOfSquares {
        void run(MemorySegment[] slots, double squares);
    }

    /** Does something with {@code slots} once the sum of the squares of {@code gradients} is known. */
    private void squares(List<Value> gradients, List<Slot> slots, UseOfSquares use) {
        List<Slot> all = new ArrayList<>(slots);
        gradients.forEach(v -> all.add(b.origin(v)));
        long[] counts = all.stream().mapToLong(UpdateLowering::count).toArray();
        GradientSquares sum = new GradientSquares();
        b.step("vector", (m, stream) -> {
            sum.clear();
            for (int i = slots.size(); i < counts.length; i++) {
                sum.add(m[i], counts[i]);
            }
            use.run(m, sum.value());
        }, all.toArray(Slot[]::new));
    }
}
