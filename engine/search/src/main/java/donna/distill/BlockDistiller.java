package donna.distill;

import donna.backend.Stream;
import donna.data.EpochOrder;
import donna.graph.Cost;
import donna.jobs.Checkpoint;
import donna.model.Reduced;
import donna.nn.Layer;
import donna.nn.ParameterSpec;
import donna.space.Block;
import donna.spec.BlockType;
import donna.spec.DistillSpec;
import donna.spec.TrainSpec;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Inference;
import donna.train.Recipe;
import donna.train.TrainingState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/** Trains candidates of all blocks together: chunk by chunk of the teacher's boundaries, the most expensive candidate first. */
public final class BlockDistiller {
    /** A candidate to train: {@code candidate} of {@code block}. */
    public record Job(int block, int candidate) {}

    private final Setting setting;
    private final Teacher teacher;
    private final DistillSpec spec;

    public BlockDistiller(Setting setting, Teacher teacher) {
        this.setting = setting;
        this.teacher = teacher;
        this.spec = setting.spec().distill();
    }

    /**
     * One over the variance of each channel at each boundary, over the training images of distillation.
     *
     * @return by boundary, the stem's first
     */
    public List<float[]> inverseVariance() {
        TrainSpec train = spec.train();
        int[] order = IntStream.range(0, train.images()).toArray();
        int batches = train.images() / train.batch();
        List<ChannelVariance> all = new ArrayList<>();
        try (FeatureStream features = new FeatureStream(setting, teacher, setting.images().train(), train.batch(), batches)) {
            for (int k = 0; k <= setting.space().blocks().size(); k++) {
                all.add(new ChannelVariance(setting.device(), features.spec(k)));
            }
            for (int at = 0; at < batches; at += features.chunkBatches()) {
                int count = Math.min(features.chunkBatches(), batches - at);
                features.load(order, at * train.batch(), count);
                setting.workers().forEach(all.size(), (k, stream) -> {
                    for (int i = 0; i < count; i++) {
                        setting.progress().check();
                        all.get(k).add(stream, features.boundary(k, i));
                    }
                });
            }
            return all.stream().map(v -> v.inverse(spec.varianceFloor())).toList();
        } finally {
            all.forEach(ChannelVariance::close);
        }
    }

    /**
     * Trains, recalibrates and rates the candidates of {@code jobs}, going on from the checkpoint under {@code key} if there is one that holds them all.
     * The caller forgets that checkpoint once it has kept the results.
     *
     * @param inverseVariance of {@link #inverseVariance()}
     * @param done receives each finished candidate, in no particular order, on the calling thread
     */
    public void run(List<Job> jobs, List<float[]> inverseVariance, String key, BiConsumer<Job, BlockLibrary.Entry> done) {
        List<Tensor> weights = new ArrayList<>();
        List<CandidateTraining> candidates = new ArrayList<>();
        try {
            for (float[] v : inverseVariance) {
                weights.add(setting.device().tensor(TensorSpec.f32(v.length)));
                weights.getLast().set(v);
            }
            Checkpoint checkpoint = setting.checkpoint(key);
            var saved = checkpoint.load().filter(s -> jobs.stream().allMatch(j -> !own(s.values(), j).isEmpty()));
            List<TensorSpec> src = batchSpecs();
            List<Shape> inputs = Inference.boundaryShapes(teacher.network(), setting.imageShape());
            List<Cost> costs = jobs.stream().map(j -> Networks.cost(layer(j), inputs.get(j.block()))).toList();
            List<Integer> order = IntStream.range(0, jobs.size()).boxed()
                    .sorted(Comparator.comparingLong(i -> -costs.get(i).macs()))
                    .toList();
            Recipe recipe = Recipes.of(spec.train());
            for (Job j : jobs) {
                Map<String, float[]> start = saved.map(s -> own(s.values(), j)).orElseGet(() -> initial(j, src.get(j.block())));
                Optional<String> failure = saved.map(s -> s.notes().get(prefix(j)));
                candidates.add(new CandidateTraining(
                        setting.device(), layer(j), src.get(j.block()), weights.get(j.block() + 1), recipe, start, failure));
            }
            train(jobs, candidates, order, checkpoint, saved.map(Checkpoint.Saved::step).orElse(0));
            candidates.forEach(CandidateTraining::adoptAverage);
            rate(jobs, candidates, order);
            for (int i = 0; i < jobs.size(); i++) {
                CandidateTraining c = candidates.get(i);
                double nsr = c.nsr();
                done.accept(jobs.get(i), new BlockLibrary.Entry(nsr, costs.get(i).macs(), costs.get(i).params(), c.result(), c.failure()));
            }
        } finally {
            candidates.forEach(CandidateTraining::close);
            weights.forEach(Tensor::close);
        }
    }

    private void train(List<Job> jobs, List<CandidateTraining> candidates, List<Integer> order, Checkpoint checkpoint, int from) {
        TrainSpec t = spec.train();
        int perEpoch = t.images() / t.batch();
        try (FeatureStream features = new FeatureStream(setting, teacher, setting.images().train(), t.batch(), perEpoch)) {
            int step = from;
            while (step < t.steps()) {
                int inEpoch = step % perEpoch;
                int count = Math.min(features.chunkBatches(), perEpoch - inEpoch);
                int first = step;
                int[] images = EpochOrder.permutation(t.images(), setting.seed("distill", 1), step / perEpoch);
                features.load(images, inEpoch * t.batch(), count);
                each(jobs, candidates, order, (i, stream) -> {
                    int block = jobs.get(i).block();
                    for (int b = 0; b < count && !candidates.get(i).failed(); b++) {
                        candidates.get(i).train(stream, features.boundary(block, b), features.boundary(block + 1, b), first + b, t.steps());
                        setting.progress().check();
                    }
                });
                step += count;
                setting.progress().update((long) step * jobs.size(), (long) t.steps() * jobs.size(), "steps");
                if (checkpoint.due()) {
                    checkpoint.save(step, together(jobs, candidates), failures(jobs, candidates));
                }
            }
        }
    }

    private void rate(List<Job> jobs, List<CandidateTraining> candidates, List<Integer> order) {
        int batch = setting.spec().recalibrate().batch();
        int images = Math.min(setting.spec().recalibrate().images(), setting.images().train().size());
        int[] all = IntStream.range(0, Math.max(images, spec.validation())).toArray();
        try (FeatureStream features = new FeatureStream(setting, teacher, setting.images().train(), batch, images / batch)) {
            chunks(features, all, images / batch, count -> each(jobs, candidates, order, (i, stream) -> {
                for (int b = 0; b < count; b++) {
                    setting.progress().check();
                    candidates.get(i).recalibrate(stream, features.boundary(jobs.get(i).block(), b));
                }
            }));
        }
        int size = divisor(spec.validation(), 128);
        try (FeatureStream features = new FeatureStream(setting, teacher, setting.images().validation(), size, spec.validation() / size)) {
            chunks(features, all, spec.validation() / size, count -> each(jobs, candidates, order, (i, stream) -> {
                int block = jobs.get(i).block();
                for (int b = 0; b < count; b++) {
                    setting.progress().check();
                    candidates.get(i).rate(stream, features.boundary(block, b), features.boundary(block + 1, b));
                }
            }));
        }
    }

    private interface Chunk {
        void run(int batches);
    }

    private void chunks(FeatureStream features, int[] images, int batches, Chunk chunk) {
        for (int at = 0; at < batches; at += features.chunkBatches()) {
            int count = Math.min(features.chunkBatches(), batches - at);
            features.load(images, at * features.batch(), count);
            chunk.run(count);
        }
    }

    private interface Part {
        void run(int job, Stream stream);
    }

    private void each(List<Job> jobs, List<CandidateTraining> candidates, List<Integer> order, Part part) {
        setting.workers().forEach(jobs.size(), (i, stream) -> {
            if (!candidates.get(order.get(i)).failed()) {
                part.run(order.get(i), stream);
            }
        });
    }

    private boolean isOwn(Job j) {
        return setting.space().candidate(j.block(), j.candidate()).type() == BlockType.OWN;
    }

    private Layer layer(Job j) {
        return Networks.block(setting.spec().model(), setting.space().blocks().get(j.block()), setting.space().candidate(j.block(), j.candidate()));
    }

    private List<TensorSpec> batchSpecs() {
        return Inference.boundaryShapes(teacher.network(), setting.imageShape()).stream()
                .map(s -> TensorSpec.f32(spec.train().batch(), s.dim(0), s.dim(1), s.dim(2)))
                .toList();
    }

    private Map<String, float[]> initial(Job j, TensorSpec src) {
        Layer layer = layer(j);
        if (layer instanceof Reduced own && Networks.isOwn(setting.spec()) && isOwn(j)) {
            Shape s = src.shape();
            return own.inherited(teacher.values(), Shape.of(s.dim(1), s.dim(2), s.dim(3)));
        }
        Collection<ParameterSpec> specs = CandidateTraining.parameters(layer, src);
        Block block = setting.space().blocks().get(j.block());
        String name = block.name() + "/" + setting.space().candidate(j.block(), j.candidate());
        return TrainingState.initialValues(specs, setting.seed("distill " + name, 0));
    }

    private static String prefix(Job j) {
        return j.block() + "/" + j.candidate() + "/";
    }

    private static Map<String, float[]> together(List<Job> jobs, List<CandidateTraining> candidates) {
        Map<String, float[]> all = new LinkedHashMap<>();
        for (int i = 0; i < jobs.size(); i++) {
            String prefix = prefix(jobs.get(i));
            candidates.get(i).checkpoint().forEach((name, v) -> all.put(prefix + name, v));
        }
        return all;
    }

    private static Map<String, String> failures(List<Job> jobs, List<CandidateTraining> candidates) {
        Map<String, String> all = new LinkedHashMap<>();
        for (int i = 0; i < jobs.size(); i++) {
            String prefix = prefix(jobs.get(i));
            candidates.get(i).failure().ifPresent(why -> all.put(prefix, why));
        }
        return all;
    }

    private static Map<String, float[]> own(Map<String, float[]> all, Job j) {
        Map<String, float[]> out = new LinkedHashMap<>();
        all.forEach((name, v) -> {
            if (name.startsWith(prefix(j))) {
                out.put(name.substring(prefix(j).length()), v);
            }
        });
        return out;
    }

    /** The largest divisor of {@code n} that is at most {@code limit}. */
    static int divisor(int n, int limit) {
        int d = Math.min(n, limit);
        while (n % d != 0) {
            d--;
        }
        return d;
    }
}
