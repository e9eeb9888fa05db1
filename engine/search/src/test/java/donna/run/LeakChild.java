package donna.run;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Stream;
import donna.distill.Networks;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Layer;
import donna.space.Block;
import donna.space.Candidate;
import donna.spec.BlockType;
import donna.spec.ModelSpec;
import donna.tensor.Activation;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Optimizer;
import donna.train.Recipe;
import donna.train.Schedule;
import donna.train.TrainingState;
import donna.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Compiles, trains and closes one candidate after another in a process whose Java heap is touched as a whole from the start, so that what grows is native
 * memory. Prints {@code candidates bytesInUse residentKiB} now and then.
 */
final class LeakChild {
    private static final ModelSpec NO_MODEL = new ModelSpec(List.of(1, 6, 6), Optional.empty(), Optional.empty(), List.of(), Optional.empty());

    private LeakChild() {}

    public static void main(String[] args) throws IOException {
        int candidates = Integer.parseInt(args[0]);
        int every = Integer.parseInt(args[1]);
        try (Device device = Backends.open("cpu", line -> {})) {
            for (int i = 1; i <= candidates; i++) {
                train(device, candidate(i), 2);
                if (i % every == 0) {
                    System.out.println(i + " " + device.bytesInUse() + " " + residentKiB());
                }
            }
        }
    }

    /** One of 60 candidates, so that each comes back several times. */
    private static Candidate candidate(int i) {
        BlockType type = BlockType.values()[i % 3];
        return new Candidate(type, 3 + 2 * (i / 3 % 2), 1 + i / 6 % 5, 1 + i / 30 % 2, i % 2 == 0, i % 4 < 2 ? Activation.RELU : Activation.SWISH, 8);
    }

    private static void train(Device device, Candidate candidate, int steps) {
        Layer layer = Networks.block(NO_MODEL, new Block("b", 8, 16, 2), candidate);
        TensorSpec src = TensorSpec.f32(2, 8, 6, 6).with(device.preferredLayout());
        TensorSpec target = TensorSpec.f32(2, 16, 3, 3).with(device.preferredLayout());
        TensorSpec channels = TensorSpec.f32(16);
        GraphWriter specs = new GraphWriter(GraphWriter.Mode.TRAIN);
        layer.write(specs, "", specs.graph().input("src", src));
        Recipe recipe = Recipe.of(Optimizer.AdamW.standard(0.01f), new Schedule(0.01, 0, new Schedule.Constant()));
        try (Stream stream = device.openStream();
                Tensor images = device.tensor(src);
                Tensor wanted = device.tensor(target);
                Tensor scale = device.tensor(channels);
                TrainingState state = TrainingState.start(
                        device, List.copyOf(specs.parameters()), TrainingState.initialValues(specs.parameters(), 1), recipe);
                TrainingStep step = TrainingStep.compile(device, w -> loss(w, layer, src, target, channels), recipe, state)) {
            step.bind("src", images);
            step.bind("target", wanted);
            step.bind("inverseVariance", scale);
            for (int s = 0; s < steps; s++) {
                step.run(stream, s, steps);
            }
        }
    }

    private static Value loss(GraphWriter w, Layer layer, TensorSpec src, TensorSpec target, TensorSpec channels) {
        Value out = layer.write(w, "", w.graph().input("src", src));
        return w.graph().at("loss").add(new Op.NsrLoss(), out, w.graph().input("target", target), w.graph().input("inverseVariance", channels));
    }

    private static long residentKiB() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(l -> l.startsWith("VmRSS"))
                .mapToLong(l -> Long.parseLong(l.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }
}
