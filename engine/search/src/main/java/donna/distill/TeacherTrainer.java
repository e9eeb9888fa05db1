package donna.distill;

import donna.data.Batcher;
import donna.data.EpochOrder;
import donna.graph.Value;
import donna.jobs.Checkpoint;
import donna.nn.GraphWriter;
import donna.nn.Network;
import donna.nn.ParameterSpec;
import donna.spec.TrainSpec;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import donna.train.Batches;
import donna.train.Inference;
import donna.train.Objective;
import donna.train.Recipe;
import donna.train.ShardedStep;
import donna.train.TrainingState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Trains the reference model on labels: its batch cut into shards, one after another on the worker threads of the first device. */
public final class TeacherTrainer {
    private final Setting setting;
    private final TrainSpec train;
    private final Network network;

    public TeacherTrainer(Setting setting) {
        this.setting = setting;
        this.train = setting.spec().teacher().train();
        this.network = setting.teacher();
    }

    /**
     * Trains, or goes on from the checkpoint under {@code key}, and recalibrates. The caller forgets that checkpoint once it has kept the result.
     *
     * @param given weights to start from; none are random ones
     * @throws DonnaException.Diverged if the loss is no longer a number
     */
    public Teacher run(String key, Optional<Map<String, float[]>> given) {
        Checkpoint checkpoint = setting.checkpoint(key);
        Collection<ParameterSpec> specs = Inference.parameters(network, setting.imageShape());
        Recipe recipe = Recipes.of(train);
        var saved = checkpoint.load();
        Map<String, float[]> start = saved.map(Checkpoint.Saved::values)
                .or(() -> given)
                .orElseGet(() -> TrainingState.initialValues(specs, setting.seed("teacher", 0)));
        try (TrainingState state = TrainingState.start(setting.device(), specs, start, recipe)) {
            train(state, recipe, checkpoint, saved.map(Checkpoint.Saved::step).orElse(0));
            Map<String, float[]> values = new HashMap<>();
            setting.workers().forEachOnFirst(1, (i, stream) -> values.putAll(Rating.recalibrated(setting, stream, network, state.result())));
            return new Teacher(network, values);
        }
    }

    private void train(TrainingState state, Recipe recipe, Checkpoint checkpoint, int from) {
        int size = train.batch() / train.shards();
        int perEpoch = train.images() / train.batch();
        Batcher batcher = new Batcher(
                setting.images().train(), setting.images().normalization(), Recipes.augmentation(train), setting.seed("teacher", 1));
        Objective objective = w -> loss(w, size, batcher.mixes());
        int classes = setting.spec().model().classes();
        List<Batches> inputs = new ArrayList<>();
        try (ShardedStep step = new ShardedStep(setting.device(), objective, recipe, state, train.shards())) {
            for (int s = 0; s < train.shards(); s++) {
                Batches b = new Batches(setting.device(), batcher, size, classes, train.labelSmoothing());
                inputs.add(b);
                int shard = s;
                step.bind(s, Inference.IMAGES, b.images());
                b.truth().forEach((name, t) -> step.bind(shard, name, t));
            }
            int[] order = {};
            for (int i = from; i < train.steps(); i++) {
                int epoch = i / perEpoch;
                if (order.length == 0 || i % perEpoch == 0) {
                    order = EpochOrder.permutation(train.images(), setting.seed("teacher", 2), epoch);
                }
                int[] shuffled = order;
                int first = i % perEpoch * train.batch();
                double loss = step.run(setting.workers(), i, train.steps(), s -> inputs.get(s).fill(shuffled, first + s * size, epoch));
                if (!Double.isFinite(loss)) {
                    throw new DonnaException.Diverged("teacher: the loss is " + loss + " at step " + i + " of " + train.steps()
                            + "; lower teacher.train.lr (now " + train.lr() + ") or set optimizer.clip");
                }
                setting.progress().update((long) (i + 1) * train.batch(), (long) train.steps() * train.batch(), "images");
                if (setting.progress().cancelled() || checkpoint.due()) {
                    checkpoint.save(i + 1, state.values());
                    setting.progress().check();
                }
            }
        } finally {
            inputs.forEach(Batches::close);
        }
    }

    private Value loss(GraphWriter w, int batch, boolean mixes) {
        Shape image = setting.imageShape();
        Value images = w.graph().input(Inference.IMAGES, TensorSpec.f32(batch, image.dim(0), image.dim(1), image.dim(2)));
        Value logits = network.write(w, images).logits();
        w.graph().at("loss");
        return Batches.loss(w, logits, mixes, train.labelSmoothing());
    }
}
