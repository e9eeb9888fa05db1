package donna.cuda;

import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.kernels.Storage;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Optimizer steps: they change variables where they are, so they work in the variables' own order. Steps of one kind are put off and made in one launch, before
 * anything that could tell the difference.
 */
final class UpdateLowering {
    private final PlanBuilder b;

    /** Rows of the tables of launches that are put off; averages come last, as they read what the others change. */
    private final Map<Kernel, List<Object[]>> rows = new EnumMap<>(Kernel.class);

    private final Set<Slot> read = new HashSet<>();
    private final Set<Slot> changed = new HashSet<>();
    private final Set<Slot> averages = new HashSet<>();

    UpdateLowering(PlanBuilder b) {
        this.b = b;
    }

    /** Makes what was put off, if {@code n} needs its results or changes what it reads. What has no place of its own is no variable. */
    void before(Node n) {
        if (rows.isEmpty()) {
            return;
        }
        Set<Slot> changes = new HashSet<>();
        for (int i : Graph.changedInputs(n.op())) {
            changes.add(b.origin(n.input(i)));
        }
        boolean average = n.op() instanceof Op.EmaUpdate;
        boolean reads = n.inputs().stream().filter(b::has).map(b::origin)
                .anyMatch(s -> averages.contains(s) || changed.contains(s) && !(average && !changes.contains(s)));
        if (reads || changes.stream().anyMatch(read::contains)) {
            flush();
        }
    }

    /** Makes what was put off. */
    void flush() {
        for (Kernel kernel : List.of(Kernel.SGD, Kernel.ADAMW, Kernel.MOVING_AVERAGE)) {
            List<Object[]> all = rows.remove(kernel);
            if (all != null) {
                b.table(kernel, Storage.F32, all);
            }
        }
        read.forEach(s -> s.addPending(-1));
        read.clear();
        changed.clear();
        averages.clear();
    }

    private void reads(Slot s) {
        if (read.add(s)) {
            s.addPending(1);
        }
    }

    private Slot like(Value v, Slot parameter) {
        return b.in(v, parameter.order(), Storage.F32);
    }

    /** Of the gradient: input {@code i}, null where there is none. */
    private Slot factor(Node n, int i) {
        return n.inputs().size() > i ? b.plain(n.input(i)) : null;
    }

    void sgd(Node n, Op.SgdUpdate o) {
        Slot parameter = b.origin(n.input(0));
        Slot gradient = like(n.input(1), parameter);
        Slot velocity = like(n.input(2), parameter);
        Slot rate = b.plain(n.input(3));
        Slot factor = factor(n, 4);
        for (int i = 0; i < parameter.count(); i += Launch.PIECE) {
            put(Kernel.SGD, Place.of(parameter, i), Place.of(gradient, i), Place.of(velocity, i), rate, factor, o.momentum(), o.weightDecay(),
                    o.nesterov() ? 1 : 0, Math.min(Launch.PIECE, parameter.count() - i));
        }
        Stream.of(gradient, rate, factor).filter(Objects::nonNull).forEach(this::reads);
        changed.addAll(List.of(parameter, velocity));
    }

    void adamW(Node n, Op.AdamWUpdate o) {
        Slot parameter = b.origin(n.input(0));
        Slot gradient = like(n.input(1), parameter);
        Slot m = like(n.input(2), parameter);
        Slot v = like(n.input(3), parameter);
        Slot rate = b.plain(n.input(4));
        Slot step = b.plain(n.input(5));
        Slot factor = factor(n, 6);
        for (int i = 0; i < parameter.count(); i += Launch.PIECE) {
            put(Kernel.ADAMW, Place.of(parameter, i), Place.of(gradient, i), Place.of(m, i), Place.of(v, i), rate, step, factor, o.beta1(),
                    o.beta2(), (float) Math.log(o.beta1()), (float) Math.log(o.beta2()), o.eps(), o.weightDecay(),
                    Math.min(Launch.PIECE, parameter.count() - i));
        }
        Stream.of(gradient, rate, step, factor).filter(Objects::nonNull).forEach(this::reads);
        changed.addAll(List.of(parameter, m, v));
    }

    void ema(Node n, Op.EmaUpdate o) {
        Slot average = b.origin(n.input(0));
        Slot parameter = like(n.input(1), average);
        float share = (float) (1 - (double) o.decay());
        for (int i = 0; i < average.count(); i += Launch.PIECE) {
            put(Kernel.MOVING_AVERAGE, Place.of(average, i), Place.of(parameter, i), share, Math.min(Launch.PIECE, average.count() - i));
        }
        reads(parameter);
        averages.add(average);
    }

    private void put(Kernel kernel, Object... row) {
        rows.computeIfAbsent(kernel, k -> new ArrayList<>()).add(row);
    }

    void clipFactor(Node n, Op.ClipFactor o) {
        Slot partial = squares(n.inputs());
        b.kernel(Kernel.CLIP_FACTOR, Launch.rows(1), partial, b.define(n.output(0)), o.maxNorm(), partial.count());
    }

    void lossScale(Node n, Op.LossScaleUpdate o) {
        Slot partial = squares(n.inputs().subList(2, n.inputs().size()));
        b.kernel(Kernel.LOSS_SCALE_UPDATE, Launch.rows(1), partial, b.origin(n.input(0)), b.origin(n.input(1)), b.define(n.output(0)), b.define(n.output(1)),
                o.maxNorm(), o.interval(), partial.count());
    }

    /** The sums of the squares of all pieces of {@code gradients}. */
    private Slot squares(List<Value> gradients) {
        List<Object[]> rows = new ArrayList<>();
        for (Value v : gradients) {
            Slot g = b.in(v, b.origin(v).order(), Storage.F32);
            for (int i = 0; i < g.count(); i += Launch.PIECE) {
                rows.add(new Object[] {Place.of(g, i), Math.min(Launch.PIECE, g.count() - i)});
            }
        }
        Slot partial = b.floats(rows.size());
        b.table(Kernel.SQUARES, Storage.F32, rows, partial);
        return partial;
    }
}
