package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.kernels.Storage;
import java.util.List;

/** Optimizer steps: they change variables where they are, so they work in the variables' own order. */
final class UpdateLowering {
    private final PlanBuilder b;

    UpdateLowering(PlanBuilder b) {
        this.b = b;
    }

    void sgd(Node n, Op.SgdUpdate o) {
        Slot parameter = b.origin(n.input(0));
        Slot gradient = b.in(n.input(1), parameter.order(), Storage.F32);
        Slot velocity = b.in(n.input(2), parameter.order(), Storage.F32);
        b.kernel(Kernel.SGD, Launch.elements(parameter.count()), parameter, gradient, velocity, b.plain(n.input(3)), o.momentum(), o.nesterov() ? 1 : 0,
                o.weightDecay(), parameter.count());
    }

    void adamW(Node n, Op.AdamWUpdate o) {
        Slot parameter = b.origin(n.input(0));
        Order order = parameter.order();
        b.kernel(Kernel.ADAMW, Launch.elements(parameter.count()), parameter, b.in(n.input(1), order, Storage.F32), b.in(n.input(2), order, Storage.F32), b.in(n.input(3), order, Storage.F32),
                b.plain(n.input(4)), b.plain(n.input(5)), o.beta1(), o.beta2(), (float) Math.log(o.beta1()), (float) Math.log(o.beta2()), o.eps(),
                o.weightDecay(), parameter.count());
    }

    void ema(Node n, Op.EmaUpdate o) {
        Slot average = b.origin(n.input(0));
        float share = (float) (1 - (double) o.decay());
        b.kernel(Kernel.MOVING_AVERAGE, Launch.elements(average.count()), average, b.in(n.input(1), average.order(), Storage.F32), share, average.count());
    }

    void clipFactor(Node n, Op.ClipFactor o) {
        List<Slot> gradients = n.inputs().stream().map(v -> b.in(v, b.origin(v).order(), Storage.F32)).toList();
        int all = gradients.stream().mapToInt(g -> LossLowering.blocks(g.count())).sum();
        Slot partial = b.floats(all);
        int first = 0;
        for (Slot g : gradients) {
            int blocks = LossLowering.blocks(g.count());
            b.kernel(Kernel.SQUARES, Launch.rows(blocks), g, new Place(partial, (long) first * Float.BYTES), g.count());
            first += blocks;
        }
        b.kernel(Kernel.CLIP_FACTOR, Launch.rows(1), partial, b.define(n.output(0)), o.maxNorm(), all);
    }
}
