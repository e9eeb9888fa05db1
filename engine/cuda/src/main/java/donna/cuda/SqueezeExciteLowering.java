package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.kernels.Kernel;
import donna.kernels.SqueezeExciteGrid;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The perceptrons of squeeze-and-excite: one launch at the node of the gate, and two at the first node of the gradient, which make what all its nodes make.
 * Weights are read as the floats that they are.
 */
final class SqueezeExciteLowering {
    private final PlanBuilder b;
    private final Map<Node, SqueezeExcite> all = new HashMap<>();
    private final Map<SqueezeExcite, Sums> sums = new HashMap<>();

    /** What the activations are of, from the launch of the gate to those of the gradient. */
    private record Sums(Slot reduced, Slot expanded) {}

    SqueezeExciteLowering(PlanBuilder b, List<SqueezeExcite> perceptrons) {
        this.b = b;
        for (SqueezeExcite s : perceptrons) {
            s.forward().nodes().forEach(n -> all.put(n, s));
            s.backward().ifPresent(d -> d.nodes().forEach(n -> all.put(n, s)));
        }
    }

    /** Whether {@code n} is of a perceptron. */
    boolean takes(Node n) {
        return all.containsKey(n);
    }

    /** Nothing that these nodes read is changed by what was put off before: {@link SqueezeExcite#of}. */
    void lower(Node n) {
        SqueezeExcite s = all.get(n);
        if (n == s.forward().gate()) {
            b.at(n);
            forward(s);
            s.forward().nodes().forEach(b::done);
        }
        s.backward().filter(d -> d.gate() == n).ifPresent(d -> {
            b.at(n);
            backward(s.forward(), d, sums.get(s));
            d.nodes().forEach(b::done);
        });
    }

    private void forward(SqueezeExcite s) {
        SqueezeExcite.Forward f = s.forward();
        Value pooled = f.reduce().input(0);
        int samples = pooled.shape().dim(0);
        int channels = pooled.shape().dim(1);
        int reduced = reduced(f);
        s.backward().ifPresent(d -> sums.put(s, new Sums(b.floats((long) samples * reduced), b.floats((long) samples * channels))));
        Sums z = sums.getOrDefault(s, new Sums(null, null));
        b.kernel(Kernel.SQUEEZE_EXCITE, SqueezeExciteGrid.samples(samples), b.rows(pooled), b.plain(f.reduce().input(1)), b.plain(f.reduce().input(2)),
                b.plain(f.expand().input(1)), b.plain(f.expand().input(2)), z.reduced, z.expanded, b.define(f.gate().output(0), Order.ROW_MAJOR),
                activation(f.act()), activation(f.gate()), samples, channels, reduced);
    }

    private void backward(SqueezeExcite.Forward f, SqueezeExcite.Backward d, Sums z) {
        Value pooled = f.reduce().input(0);
        int samples = pooled.shape().dim(0);
        int channels = pooled.shape().dim(1);
        int reduced = reduced(f);
        Slot hidden = b.floats((long) samples * reduced);
        Slot dPooled = d.pooled().map(n -> b.define(n.output(0), Order.ROW_MAJOR)).orElse(null);
        b.kernel(Kernel.SQUEEZE_EXCITE_BACKWARD, SqueezeExciteGrid.samples(samples), b.rows(d.gate().input(0)), b.plain(f.reduce().input(1)),
                b.plain(f.expand().input(1)), z.reduced, z.expanded, hidden, dPooled, activation(f.act()), activation(f.gate()), samples, channels, reduced);
        b.kernel(Kernel.SQUEEZE_EXCITE_BACKWARD_PARAMETERS, SqueezeExciteGrid.parameters(channels), b.rows(pooled), hidden, z.reduced, z.expanded,
                b.define(d.reduce().output(0)), b.define(d.reduceBias().output(0)), b.define(d.expand().output(0)), b.define(d.expandBias().output(0)),
                samples, channels, reduced);
    }

    private static int reduced(SqueezeExcite.Forward f) {
        return f.reduce().output(0).shape().dim(1);
    }

    private static int activation(Node act) {
        return ((Op.Activate) act.op()).act().ordinal();
    }
}
