package donna.train;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Gradient;
import donna.graph.Graph;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.ParameterSpec;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One training step of one network as one compiled graph: forward, backward, update. Bind the objective's inputs, then {@link #run}. Owner: closes it before
 * its state. Thread rule: one run at a time; the thread may change between runs.
 */
public final class TrainingStep implements AutoCloseable {
    static final String LOSS = "loss";
    /** Momentum of running statistics while training, PyTorch's default. */
    static final double BATCH_NORM_MOMENTUM = 0.1;

    private final Plan plan;
    private final Scalars scalars;
    private final Recipe recipe;

    private TrainingStep(Device device, Graph graph, Recipe recipe, TrainingState state) {
        this.plan = device.compile(graph);
        this.scalars = new Scalars(device);
        this.recipe = recipe;
        plan.bindAll(state.tensors());
        scalars.bind(plan);
    }

    /** The parameters an objective asks for. */
    public static Collection<ParameterSpec> parameters(Objective objective) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.TRAIN);
        objective.write(w);
        return List.copyOf(w.parameters());
    }

    /** Compiles the step and binds {@code state}. */
    public static TrainingStep compile(Device device, Objective objective, Recipe recipe, TrainingState state) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.TRAIN);
        Value loss = objective.write(w);
        Update.write(w.graph(), recipe, gradients(w, loss));
        w.graph().output(LOSS, loss);
        return new TrainingStep(device, w.graph().build(), recipe, state);
    }

    static Map<ParameterSpec, Value> gradients(GraphWriter w, Value loss) {
        List<ParameterSpec> trainable = w.parameters().stream().filter(ParameterSpec::trainable).toList();
        List<Value> values = new ArrayList<>();
        trainable.forEach(p -> values.add(w.graph().variable(p.name(), p.tensor())));
        Map<Value, Value> all = Gradient.of(w.graph(), loss, values);
        Map<ParameterSpec, Value> out = new LinkedHashMap<>();
        for (int i = 0; i < values.size(); i++) {
            out.put(trainable.get(i), all.get(values.get(i)));
        }
        return out;
    }

    /** Binds an input of the objective. */
    public void bind(String name, Tensor tensor) {
        plan.bind(name, tensor);
    }

    /** Runs step {@code step} (from 0) of {@code steps} and returns the loss before the update; NaN or infinity if training diverged. */
    public double run(Stream stream, int step, int steps) {
        scalars.set(recipe.schedule().at(step, steps), step + 1, BATCH_NORM_MOMENTUM);
        plan.run(stream);
        stream.synchronize();
        return scalars.loss();
    }

    public String describe() {
        return plan.describe();
    }

    /** What runs, for those who measure it. */
    public Plan plan() {
        return plan;
    }

    @Override
    public void close() {
        plan.close();
        scalars.close();
    }

    /** The scalars of a step, in one buffer. */
    static final class Scalars implements AutoCloseable {
        private final Map<String, Tensor> all = new LinkedHashMap<>();

        Scalars(Device device) {
            for (String name : List.of(Update.LEARNING_RATE, Update.STEP, GraphWriter.MOMENTUM, LOSS)) {
                all.put(name, device.tensor(TensorSpec.f32(1)));
            }
        }

        void bind(Plan plan) {
            plan.bindAll(all);
        }

        void set(double rate, double step, double momentum) {
            all.get(Update.LEARNING_RATE).set(rate);
            all.get(Update.STEP).set(step);
            all.get(GraphWriter.MOMENTUM).set(momentum);
        }

        double loss() {
            return all.get(LOSS).item();
        }

        @Override
        public void close() {
            all.values().forEach(Tensor::close);
        }
    }
}
