package donna.finetune;

import donna.backend.Device;
import donna.backend.Stream;
import donna.data.Augmentation;
import donna.data.Batcher;
import donna.data.EpochOrder;
import donna.distill.Rating;
import donna.distill.Recipes;
import donna.distill.Setting;
import donna.distill.Teacher;
import donna.graph.Op;
import donna.graph.Value;
import donna.jobs.Checkpoint;
import donna.nn.Network;
import donna.spec.KdSpec;
import donna.spec.TrainSpec;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Batches;
import donna.train.Inference;
import donna.train.Objective;
import donna.train.Recipe;
import donna.train.TrainingState;
import donna.train.TrainingStep;
import java.util.Map;
import java.util.Optional;

/**
 * Trains a network on the teacher's soft labels and the ground truth: {@code alpha T^2 KL(teacher, student) + (1 - alpha) cross-entropy}.
 * Immutable; {@link #run} may be called from many workers at once.
 */
public final class Finetuner {
    /** Name of the input that holds the teacher's logits. */
    public static final String TEACHER_LOGITS = "teacherLogits";

    private final Setting setting;
    private final Teacher teacher;
    private final TeacherLogits logits;

    public Finetuner(Setting setting, Teacher teacher, TeacherLogits logits) {
        this.setting = setting;
        this.teacher = teacher;
        this.logits = logits;
    }

    /** Told after each step. */
    @FunctionalInterface
    public interface Ticks {
        void step();
    }

    /**
     * Trains {@code network} from {@code start} on the calling worker, going on from the checkpoint under {@code key} if there is one. The caller
     * forgets that checkpoint once it has kept the result.
     *
     * @param name of the network, for messages
     * @return the weights, batch norm recalibrated
     * @throws DonnaException.Diverged if the loss is no longer a number
     */
    public Map<String, float[]> run(
            String name,
            String key,
            Stream stream,
            Network network,
            Map<String, float[]> start,
            TrainSpec train,
            KdSpec kd,
            Ticks ticks) {
        Checkpoint checkpoint = setting.checkpoint(key);
        var saved = checkpoint.load();
        Recipe recipe = Recipes.of(train);
        try (TrainingState state = TrainingState.start(
                stream.device(),
                Inference.parameters(network, setting.imageShape()),
                saved.map(Checkpoint.Saved::values).orElse(start),
                recipe)) {
            train(name, stream, network, train, kd, state, recipe, checkpoint, saved.map(Checkpoint.Saved::step).orElse(0), ticks);
            return Rating.recalibrated(setting, stream, network, state.result());
        }
    }

    private void train(String name, Stream stream, Network network, TrainSpec train, KdSpec kd, TrainingState state, Recipe recipe,
            Checkpoint checkpoint, int from, Ticks ticks) {
        int size = train.batch();
        int perEpoch = train.images() / size;
        Augmentation augmentation = Recipes.augmentation(train);
        Batcher batcher = new Batcher(setting.images().train(), setting.images().normalization(), augmentation, setting.seed("finetune", 1));
        Shape image = setting.imageShape();
        Shape images = Shape.of(size, image.dim(0), image.dim(1), image.dim(2));
        try (Batches batches = new Batches(stream.device(), batcher, size, logits.classes(), train.labelSmoothing());
                Tensor soft = stream.device().tensor(TensorSpec.f32(size, logits.classes()));
                TrainingStep step = TrainingStep.compile(
                        stream.device(), objective(network, images, kd, batcher.mixes(), train.labelSmoothing()), recipe, state)) {
            step.bind(Inference.IMAGES, batches.images());
            batches.truth().forEach(step::bind);
            step.bind(TEACHER_LOGITS, soft);
            Optional<Inference> live = augmentation.equals(Augmentation.NONE) ? Optional.empty() : Optional.of(teacherOn(stream.device(), batches, soft));
            float[] rows = new float[size * logits.classes()];
            int[] order = {};
            try {
                for (int i = from; i < train.steps(); i++) {
                    int epoch = i / perEpoch;
                    if (order.length == 0 || i % perEpoch == 0) {
                        order = EpochOrder.permutation(train.images(), setting.seed("finetune", 2), epoch);
                    }
                    int first = i % perEpoch * size;
                    batches.fill(order, first, epoch);
                    if (live.isPresent()) {
                        live.get().run(stream);
                    } else {
                        logits.gather(order, first, size, rows);
                        soft.set(rows);
                    }
                    double loss = step.run(stream, i, train.steps());
                    if (!Double.isFinite(loss)) {
                        throw new DonnaException.Diverged(name + ": the loss is " + loss + " at step " + i + " of " + train.steps()
                                + "; lower the learning rate (now " + train.lr() + ") or set optimizer.clip");
                    }
                    ticks.step();
                    if (setting.progress().cancelled() || checkpoint.due()) {
                        checkpoint.save(i + 1, state.values());
                        setting.progress().check();
                    }
                }
            } finally {
                live.ifPresent(Inference::close);
            }
        }
    }

    private Inference teacherOn(Device device, Batches batches, Tensor soft) {
        Inference net = new Inference(
                device, teacher.network(), teacher.values(), setting.imageShape(), batches.size(), false);
        net.bind(Inference.IMAGES, batches.images());
        net.bind(Inference.LOGITS, soft);
        return net;
    }

    /**
     * The loss that is minimised. Its inputs: {@link Inference#IMAGES}, {@link #TEACHER_LOGITS} {@code [N, classes]}, and those of {@link Batches#truth}.
     *
     * @param images shape {@code [N, C, H, W]} of a batch
     * @param mixes whether images are mixed
     * @param smoothing of the labels
     */
    public static Objective objective(Network network, Shape images, KdSpec kd, boolean mixes, double smoothing) {
        return w -> {
            int batch = images.dim(0);
            Value z = network.write(w, w.graph().input(Inference.IMAGES, TensorSpec.f32(images.dims()))).logits();
            Value soft = w.graph().input(TEACHER_LOGITS, TensorSpec.f32(batch, z.shape().dim(1)));
            w.graph().at("loss");
            Value kl = w.graph().add(new Op.DistillationLoss((float) kd.temperature()), z, soft);
            Value hard = Batches.loss(w, z, mixes, smoothing);
            return w.graph()
                    .add(
                            new Op.Add(),
                            w.graph().add(new Op.Scale((float) kd.alpha()), kl),
                            w.graph().add(new Op.Scale((float) (1 - kd.alpha())), hard));
        };
    }
}
