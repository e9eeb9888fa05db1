package donna.train;

import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.Init;
import donna.nn.ParameterSpec;
import java.util.List;

/** How parameters follow their gradients. Weight decay is left off where {@link ParameterSpec#decay} says so. */
public sealed interface Optimizer {
    /** Stochastic gradient descent as in PyTorch. */
    record Sgd(float momentum, boolean nesterov, float weightDecay) implements Optimizer {}

    /** AdamW (Loshchilov and Hutter 2019) as in PyTorch. */
    record AdamW(float beta1, float beta2, float eps, float weightDecay) implements Optimizer {
        public static AdamW standard(float weightDecay) {
            return new AdamW(0.9f, 0.999f, 1e-8f, weightDecay);
        }
    }

    /** The state kept for one parameter, zero at first. */
    default List<ParameterSpec> state(ParameterSpec p) {
        return switch (this) {
            case Sgd s -> List.of(moment("velocity", p));
            case AdamW a -> List.of(moment("m", p), moment("v", p));
        };
    }

    private static ParameterSpec moment(String kind, ParameterSpec p) {
        return new ParameterSpec("optimizer." + kind + "." + p.name(), p.shape(), Init.ZEROS, false, false);
    }

    /** Writes the update of one parameter. {@code step} counts from 1. */
    default void write(Graph.Builder graph, ParameterSpec p, Value parameter, Value gradient, Value learningRate, Value step) {
        List<Value> s = state(p).stream().map(m -> graph.variable(m.name(), m.tensor())).toList();
        switch (this) {
            case Sgd o ->
                graph.update(new Op.SgdUpdate(o.momentum, o.nesterov, p.decay() ? o.weightDecay : 0), parameter, gradient, s.get(0), learningRate);
            case AdamW o ->
                graph.update(new Op.AdamWUpdate(o.beta1, o.beta2, o.eps, p.decay() ? o.weightDecay : 0),
                        parameter, gradient, s.get(0), s.get(1), learningRate, step);
        }
    }
}
