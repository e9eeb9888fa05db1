package donna.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import donna.cpu.kernel.GradientNorm;
import donna.cpu.kernel.Updates;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
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
        Slot gradient = b.in(n.input(1), parameter.block());
        Slot velocity = b.in(n.input(2), parameter.block());
        Slot rate = b.plain(n.input(3));
        long count = count(parameter);
        b.step("vector", (m, stream) -> Updates.sgd(
                m[0], m[1], m[2], m[3].get(JAVA_FLOAT, 0), o.momentum(), o.nesterov(), o.weightDecay(), count), parameter, gradient, velocity, rate);
    }

    void adamW(Node n, Op.AdamWUpdate o) {
        Slot parameter = b.origin(n.input(0));
        int block = parameter.block();
        long count = count(parameter);
        b.step("vector", (m, stream) -> Updates.adamW(m[0], m[1], m[2], m[3], m[4].get(JAVA_FLOAT, 0), m[5].get(JAVA_FLOAT, 0), o.beta1(), o.beta2(),
                o.eps(), o.weightDecay(), count), parameter, b.in(n.input(1), block), b.in(n.input(2), block), b.in(n.input(3), block),
                b.plain(n.input(4)), b.plain(n.input(5)));
    }

    void ema(Node n, Op.EmaUpdate o) {
        Slot average = b.origin(n.input(0));
        long count = count(average);
        b.step("vector", (m, stream) -> Updates.ema(m[0], m[1], o.decay(), count), average, b.in(n.input(1), average.block()));
    }

    void clipFactor(Node n, Op.ClipFactor o) {
        List<Slot> slots = new ArrayList<>();
        for (Value v : n.inputs()) {
            slots.add(b.origin(v));
        }
        long[] counts = slots.stream().mapToLong(UpdateLowering::count).toArray();
        slots.add(b.define(n.output(0), 1));
        GradientNorm norm = new GradientNorm();
        b.step("vector", (m, stream) -> {
            norm.clear();
            for (int i = 0; i < counts.length; i++) {
                norm.add(m[i], counts[i]);
            }
            m[counts.length].set(JAVA_FLOAT, 0, norm.factor(o.maxNorm()));
        }, slots.toArray(Slot[]::new));
    }
}
