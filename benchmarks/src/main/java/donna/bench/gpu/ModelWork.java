package donna.bench.gpu;

import donna.backend.Device;
import donna.backend.Stream;
import donna.graph.Op;
import donna.model.ReferenceModel;
import donna.model.ReferenceModels;
import donna.nn.Network;
import donna.nn.ParameterSpec;
import donna.tensor.DType;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Batches;
import donna.train.Inference;
import donna.train.Objective;
import donna.train.Optimizer;
import donna.train.Recipe;
import donna.train.Schedule;
import donna.train.TrainingState;
import donna.train.TrainingStep;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Training steps of whole models with cross-entropy, and batches through them with batch norm folded. */
final class ModelWork {
    static final int PIXELS = 224;
    private static final Recipe RECIPE = Recipe.of(new Optimizer.Sgd(0.9f, false, 1e-4f), new Schedule(0.01, 0, new Schedule.Cosine()));
    private static final int STEPS = 1_000_000;

    /** The names of the models here and in timm. */
    static final Map<String, String> TIMM = Map.of("mobilenet_v2", "mobilenetv2_100", "efficientnet_b0", "efficientnet_b0");

    private ModelWork() {}

    /** A model in training with its data; closing it closes all. */
    record Training(TrainingStep step, TrainingState state, Tensor images, Tensor labels) implements AutoCloseable {
        double run(Stream stream) {
            return finite(step.run(stream, 0, STEPS));
        }

        @Override
        public void close() {
            step.close();
            state.close();
            images.close();
            labels.close();
        }
    }

    static Training training(Device device, String model, int batch, int pixels) {
        ReferenceModel reference = ReferenceModels.of(model, ReferenceModels.Options.PUBLISHED.withImageSize(pixels));
        Network network = reference.network();
        TensorSpec images = TensorSpec.f32(batch, 3, pixels, pixels);
        Objective objective = w -> w.graph().add(new Op.CrossEntropy(0), network.write(w, w.graph().input(Inference.IMAGES, images)).logits(),
                w.graph().input(Batches.LABELS, TensorSpec.of(DType.I32, Shape.of(batch))));
        List<ParameterSpec> parameters = reference.parameters();
        TrainingState state = TrainingState.start(device, parameters, TrainingState.initialValues(parameters, 1), RECIPE);
        TrainingStep step = TrainingStep.compile(device, objective, RECIPE, state);
        Tensor src = images(device, images);
        Tensor labels = device.tensor(TensorSpec.of(DType.I32, Shape.of(batch)));
        labels.set(new Random(2).ints(batch, 0, reference.classes()).asDoubleStream().toArray());
        step.bind(Inference.IMAGES, src);
        step.bind(Batches.LABELS, labels);
        return new Training(step, state, src, labels);
    }

    static Contender trainingContender(String name, Device device, String model, int batch, int pixels) {
        Training training = training(device, model, batch, pixels);
        Stream stream = device.openStream();
        return new Timing(name, () -> training.run(stream), stream::synchronize, List.of(stream, training));
    }

    private static double finite(double loss) {
        if (!Double.isFinite(loss)) {
            throw new IllegalStateException("the loss is " + loss);
        }
        return loss;
    }

    static Contender inferenceContender(String name, Device device, String model, int batch, int pixels) {
        ReferenceModel reference = ReferenceModels.of(model, ReferenceModels.Options.PUBLISHED.withImageSize(pixels));
        Map<String, float[]> values = TrainingState.initialValues(reference.parameters(), 1);
        Inference inference = new Inference(device, reference.network(), values, reference.image(), batch, false);
        Tensor src = images(device, TensorSpec.f32(batch, 3, pixels, pixels));
        Tensor logits = device.tensor(TensorSpec.f32(batch, reference.classes()));
        inference.bind(Inference.IMAGES, src);
        inference.bind(Inference.LOGITS, logits);
        Stream stream = device.openStream();
        return new Timing(name, () -> inference.run(stream), stream::synchronize, List.of(stream, inference, src, logits));
    }

    /** Random images; from a fixed seed. */
    private static Tensor images(Device device, TensorSpec spec) {
        Random random = new Random(1);
        float[] some = new float[1 << 16];
        for (int i = 0; i < some.length; i++) {
            some[i] = (float) random.nextGaussian();
        }
        float[] all = new float[Math.toIntExact(spec.shape().elements())];
        for (int i = 0; i < all.length; i++) {
            // A stride that is prime to the table's length, so that no two images are equal.
            all[i] = some[(int) (i * 40503L + (i >>> 16) * 7919L & some.length - 1)];
        }
        Tensor t = device.tensor(spec);
        t.set(all);
        return t;
    }

    /** What PyTorch is asked for; {@code kind} is {@code training} or {@code inference}. */
    static Map<String, Object> request(String kind, String model, int batch, int pixels, String variant, String precision) {
        return Map.of("kind", kind, "variant", variant, "precision", precision, "model", TIMM.get(model), "batch", batch, "size", pixels);
    }
}
