package donna.train;

import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.Init;
import donna.nn.ParameterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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

    /**
     * Writes the update of one parameter.
     *
     * @param step counts from 1
     * @param factor of the gradient; 0 leaves the update out
     */
    default void write(Graph.Builder graph, ParameterSpec p, Value parameter, Value gradient, Value learningRate, Value step, Optional<Value> factor) {
        List<Value> in = new ArrayList<>(List.of(parameter, gradient));
        state(p).forEach(m -> in.add(graph.variable(m.name(), m.tensor())));
        in.add(learningRate);
        Op op = switch (this) {
            case Sgd o -> new Op.SgdUpdate(o.momentum, o.nesterov, p.decay() ? o.weightDecay : 0);
            case AdamW o -> {
                in.add(step);
                yield new Op.AdamWUpdate(o.beta1, o.beta2, o.eps, p.decay() ? o.weightDecay : 0);
            }
        };
        factor.ifPresent(in::add);
        graph.update(op, in.toArray(Value[]::new));
    }
}
