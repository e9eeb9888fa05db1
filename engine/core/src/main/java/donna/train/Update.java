package donna.train;

import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.ParameterSpec;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes the update of all parameters: clipping, the optimizer, the moving average. */
final class Update {
    static final String LEARNING_RATE = "learningRate";
    static final String STEP = "step";

    private Update() {}

    /** The state the recipe keeps beside the parameters. */
    static List<ParameterSpec> state(Recipe recipe, List<ParameterSpec> trainable) {
        List<ParameterSpec> all = new ArrayList<>();
        for (ParameterSpec p : trainable) {
            all.addAll(recipe.optimizer().state(p));
            if (recipe.emaDecay() > 0) {
                all.add(new ParameterSpec(Recipe.average(p.name()), p.shape(), p.init(), false, false));
            }
        }
        return all;
    }

    static void write(Graph.Builder graph, Recipe recipe, Map<ParameterSpec, Value> gradients) {
        Value rate = graph.input(LEARNING_RATE, TensorSpec.f32(1));
        Value step = graph.input(STEP, TensorSpec.f32(1));
        graph.at("clip");
        Value factor = recipe.clipNorm() > 0
                ? graph.add(new Op.ClipFactor(recipe.clipNorm()), gradients.values().toArray(Value[]::new))
                : rate;
        gradients.forEach((p, gradient) -> {
            graph.at(p.name());
            Value parameter = graph.variable(p.name(), p.tensor());
            Value clipped = recipe.clipNorm() > 0 ? graph.add(new Op.ScaleBy(), gradient, factor) : gradient;
            recipe.optimizer().write(graph, p, parameter, clipped, rate, step);
            if (recipe.emaDecay() > 0) {
                graph.update(new Op.EmaUpdate(recipe.emaDecay()), graph.variable(Recipe.average(p.name()), p.tensor()), parameter);
            }
        });
    }
}
