package donna.train;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.nn.GraphWriter;
import donna.nn.ParameterSpec;
import donna.tensor.Tensor;
import java.util.Collection;
import java.util.List;

/**
 * One training step of one network as one compiled graph: forward, backward, update. Bind the objective's inputs, then {@link #run}. Owner: closes it before
 * its state. Thread rule: one run at a time; the thread may change between runs.
 */
public final class TrainingStep implements AutoCloseable {
    private final GroupStep step;

    private TrainingStep(GroupStep step) {
        this.step = step;
    }

    /** The parameters an objective asks for. */
    public static Collection<ParameterSpec> parameters(Objective objective) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.TRAIN);
        objective.write(w);
        return List.copyOf(w.parameters());
    }

    /** Compiles the step and binds {@code state}. */
    public static TrainingStep compile(Device device, Objective objective, Recipe recipe, TrainingState state) {
        return new TrainingStep(GroupStep.training(device, List.of(new GroupStep.Member(objective, state.tensors())), recipe, 1));
    }

    /** Binds an input of the objective. */
    public void bind(String name, Tensor tensor) {
        step.bind(name, tensor);
    }

    /** Runs step {@code number} (from 0) of {@code steps} and returns the loss before the update; NaN or infinity if training diverged. */
    public double run(Stream stream, int number, int steps) {
        step.prepare(number, steps);
        step.run(stream, 0);
        return step.losses()[0][0];
    }

    public String describe() {
        return step.describe();
    }

    /** What runs, for those who measure it. */
    public Plan plan() {
        return step.plan();
    }

    @Override
    public void close() {
        step.close();
    }
}
