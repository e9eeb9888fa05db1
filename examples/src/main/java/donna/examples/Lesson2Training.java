package donna.examples;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Stream;
import donna.data.Augmentation;
import donna.data.Batcher;
import donna.data.Dataset;
import donna.data.EpochOrder;
import donna.data.MemoryDataset;
import donna.data.Normalization;
import donna.graph.Op;
import donna.nn.Layers;
import donna.nn.Network;
import donna.tensor.Activation;
import donna.tensor.DType;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import donna.train.Batches;
import donna.train.Evaluation;
import donna.train.Objective;
import donna.train.Optimizer;
import donna.train.Recipe;
import donna.train.Schedule;
import donna.train.TrainingState;
import donna.train.TrainingStep;
import java.util.List;
import java.util.SplittableRandom;

/** Lesson 2: a small network learns to tell horizontal stripes from vertical ones, and is rated on images it has not seen. */
public final class Lesson2Training {
    private static final int SIDE = 12;
    private static final int BATCH = 16;
    private static final long SEED = 1;

    private Lesson2Training() {}

    /** Trains for {@code epochs} and returns the share of new images that are told right. */
    static double train(Device device, int epochs) {
        Dataset data = stripes(256, SEED);
        Normalization normalization = Normalization.of(data);
        Network network = new Network(
                new Layers.ConvNorm("conv_stem", "bn1", 8, 3, 2, Activation.RELU),
                List.of(new Layers.InvertedResidual(true, 16, 16, 3, 2, 16, 0, Activation.RELU)),
                new Layers.Head(32, 1, Activation.RELU, 2));
        Shape image = Batches.imageShape(data);
        Objective objective = w -> {
            var images = w.graph().input("images", TensorSpec.f32(BATCH, image.dim(0), image.dim(1), image.dim(2)));
            var labels = w.graph().input("labels", TensorSpec.of(DType.I32, Shape.of(BATCH)));
            return w.graph().add(new Op.CrossEntropy(0), network.write(w, images).logits(), labels);
        };
        Recipe recipe = Recipe.of(Optimizer.AdamW.standard(0.01f), new Schedule(0.01, 0.1, new Schedule.Cosine()));
        var parameters = TrainingStep.parameters(objective);
        try (Stream stream = device.openStream();
                Batches batches = new Batches(device, new Batcher(data, normalization, Augmentation.NONE, SEED), BATCH);
                TrainingState state = TrainingState.start(
                        device, parameters, TrainingState.initialValues(parameters, SEED), recipe);
                TrainingStep step = TrainingStep.compile(device, objective, recipe, state)) {
            step.bind("images", batches.images());
            step.bind("labels", batches.labels());
            int perEpoch = data.size() / BATCH;
            for (int epoch = 0; epoch < epochs; epoch++) {
                int[] order = EpochOrder.permutation(data.size(), SEED, epoch);
                for (int i = 0; i < perEpoch; i++) {
                    batches.fill(order, i * BATCH, epoch);
                    step.run(stream, epoch * perEpoch + i, epochs * perEpoch);
                }
            }
            return Evaluation.accuracy(device, stream, network, state.result(), stripes(256, SEED + 1), normalization, () -> {})
                    .top1();
        }
    }

    /** Grey images of stripes two pixels wide, shifted and noisy; label 0 is horizontal. */
    private static Dataset stripes(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] labels = new int[count];
        byte[] pixels = new byte[count * SIDE * SIDE];
        for (int i = 0; i < count; i++) {
            labels[i] = i % 2;
            int shift = random.nextInt(4);
            for (int p = 0; p < SIDE * SIDE; p++) {
                int along = labels[i] == 0 ? p / SIDE : p % SIDE;
                int stripe = (along + shift) / 2 % 2 == 0 ? 60 : 180;
                pixels[i * SIDE * SIDE + p] = (byte) (stripe + random.nextInt(60));
            }
        }
        return MemoryDataset.of("stripes", 1, SIDE, SIDE, List.of("horizontal", "vertical"), labels, pixels);
    }

    public static void main(String[] args) {
        try (Device device = Backends.open("auto", System.out::println)) {
            System.out.printf("%.1f %% of new images told right%n", 100 * train(device, 4));
        }
    }
}
