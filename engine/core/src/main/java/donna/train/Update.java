package donna.train;

import donna.backend.Device;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.Init;
import donna.nn.ParameterSpec;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes the update of all parameters: clipping, the optimizer, the moving average; and the scaling of the loss where a device wants it. */
final class Update {
    static final String LEARNING_RATE = "learningRate";
    static final String STEP = "step";

    /**
     * What the loss is multiplied by. The gradient of a mean over 10^5 elements or more then begins near one. A start that is too high costs a step for each
     * halving, which short trainings can afford; one that is too low is not made good before {@link #INTERVAL} steps.
     */
    private static final ParameterSpec SCALE = new ParameterSpec("optimizer.lossScale", Shape.SCALAR, new Init.Constant(0x1p16f), false, false);

    /** Steps made since the scale changed, and in all. */
    private static final ParameterSpec SCALED_STEPS = new ParameterSpec("optimizer.lossScale.steps", Shape.of(2), Init.ZEROS, false, false);

    /** Steps after which a larger scale is tried, PyTorch's default: the step that finds it too large is lost. */
    private static final int INTERVAL = 2000;

    private final Graph.Builder graph;
    private final boolean scaled;

    /** Writes into {@code graph}, for {@code device}. */
    Update(Graph.Builder graph, Device device) {
        this.graph = graph;
        this.scaled = device.wantsScaledLoss();
    }

    /** The state the recipe keeps beside the parameters. */
    static List<ParameterSpec> state(Device device, Recipe recipe, List<ParameterSpec> trainable) {
        List<ParameterSpec> all = new ArrayList<>();
        for (ParameterSpec p : trainable) {
            all.addAll(recipe.optimizer().state(p));
            if (recipe.emaDecay() > 0) {
                all.add(new ParameterSpec(Recipe.average(p.name()), p.shape(), p.init(), false, false));
            }
        }
        if (device.wantsScaledLoss()) {
            all.addAll(List.of(SCALE, SCALED_STEPS));
        }
        return all;
    }

    private Value variable(ParameterSpec p) {
        return graph.variable(p.name(), p.tensor());
    }

    /** What {@link #write} takes the gradients of, for a loss. */
    Value minimised(Value loss) {
        return scaled ? graph.add(new Op.ScaleBy(), loss, variable(SCALE)) : loss;
    }

    /** @param gradients of {@link #minimised} */
    void write(Recipe recipe, Map<ParameterSpec, Value> gradients) {
        Value rate = graph.input(LEARNING_RATE, TensorSpec.f32(1));
        Optional<Node> unscaled = scaled ? Optional.of(lossScaleUpdate(recipe, gradients.values())) : Optional.empty();
        Value step = unscaled.map(n -> n.output(1)).orElseGet(() -> graph.input(STEP, TensorSpec.f32(1)));
        graph.at("clip");
        Optional<Value> clip = !scaled && recipe.clipNorm() > 0
                ? Optional.of(graph.add(new Op.ClipFactor(recipe.clipNorm()), gradients.values().toArray(Value[]::new)))
                : Optional.empty();
        gradients.forEach((p, gradient) -> {
            graph.at(p.name());
            Value parameter = variable(p);
            Value clipped = clip.map(factor -> graph.add(new Op.ScaleBy(), gradient, factor)).orElse(gradient);
            recipe.optimizer().write(graph, p, parameter, clipped, rate, step, unscaled.map(n -> n.output(0)));
            if (recipe.emaDecay() > 0) {
                graph.update(new Op.EmaUpdate(recipe.emaDecay()), graph.variable(Recipe.average(p.name()), p.tensor()), parameter);
            }
        });
    }

    private Node lossScaleUpdate(Recipe recipe, Collection<Value> gradients) {
        graph.at("loss scale");
        List<Value> in = new ArrayList<>(List.of(variable(SCALE), variable(SCALED_STEPS)));
        in.addAll(gradients);
        return graph.node(new Op.LossScaleUpdate(INTERVAL, recipe.clipNorm() > 0 ? recipe.clipNorm() : Float.POSITIVE_INFINITY), in);
    }
}
