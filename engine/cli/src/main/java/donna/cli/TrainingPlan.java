package donna.cli;

import donna.backend.Device;
import donna.graph.Op;
import donna.nn.Network;
import donna.nn.ParameterSpec;
import donna.tensor.DType;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import donna.train.Batches;
import donna.train.Inference;
import donna.train.Objective;
import donna.train.Recipe;
import donna.train.TrainingState;
import donna.train.TrainingStep;
import java.util.List;

/** What a device runs for a training step of a network on labels. */
final class TrainingPlan {
    private TrainingPlan() {}

    /** Step by step; {@code image} is {@code [C, H, W]}. */
    static String describe(Device device, Network network, Shape image, int batch, Recipe recipe) {
        List<ParameterSpec> parameters = Inference.parameters(network, image);
        TensorSpec images = TensorSpec.f32(batch, image.dim(0), image.dim(1), image.dim(2));
        Objective objective = w -> w.graph().add(new Op.CrossEntropy(0), network.write(w, w.graph().input(Inference.IMAGES, images)).logits(),
                w.graph().input(Batches.LABELS, TensorSpec.of(DType.I32, Shape.of(batch))));
        try (TrainingState state = TrainingState.start(device, parameters, TrainingState.initialValues(parameters, 0), recipe);
                TrainingStep step = TrainingStep.compile(device, objective, recipe, state)) {
            return step.describe();
        }
    }
}
