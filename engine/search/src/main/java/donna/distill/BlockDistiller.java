package donna.distill;

import donna.data.Dataset;
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
import donna.train.Workers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
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
            features.forEach(features.chunks(order, batches), c -> setting.workers().forEach(all.size(), (k, stream) -> {
                for (int i = 0; i < c.count(); i++) {
                    setting.progress().check();
                    all.get(k).add(stream, features.boundary(k, i));
                }
            }));
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
        List<CandidateGroup> groups = new ArrayList<>();
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
            Recipe recipe = Recipes.of(spec.train());
            for (Job j : jobs) {
                Map<String, float[]> start = saved.map(s -> own(s.values(), j)).orElseGet(() -> initial(j, src.get(j.block())));
                Optional<String> failure = saved.map(s -> s.notes().get(prefix(j)));
                candidates.add(new CandidateTraining(setting.device(), layer(j), src.get(j.block()), recipe, start, failure));
            }
            for (List<Integer> group : groups(jobs, costs)) {
                int block = jobs.get(group.getFirst()).block();
                List<CandidateTraining> members = group.stream().map(candidates::get).toList();
                groups.add(new CandidateGroup(setting.device(), setting.progress(), block, weights.get(block + 1), recipe, members));
            }
            train(jobs, candidates, groups, checkpoint, saved.map(Checkpoint.Saved::step).orElse(0));
            candidates.forEach(CandidateTraining::adoptAverage);
            rate(groups);
            for (int i = 0; i < jobs.size(); i++) {
                CandidateTraining c = candidates.get(i);
                double nsr = c.nsr();
                done.accept(jobs.get(i), new BlockLibrary.Entry(nsr, costs.get(i).macs(), costs.get(i).params(), c.result(), c.failure()));
            }
        } finally {
            groups.forEach(CandidateGroup::close);
            candidates.forEach(CandidateTraining::close);
            weights.forEach(Tensor::close);
        }
    }

    /** Jobs by group, the most expensive first: as many of one block together as the device wants in one graph. */
    private List<List<Integer>> groups(List<Job> jobs, List<Cost> costs) {
        List<Integer> order = IntStream.range(0, jobs.size()).boxed()
                .sorted(Comparator.comparingLong(i -> -costs.get(i).macs()))
                .toList();
        List<List<Integer>> groups = new ArrayList<>();
        Map<Integer, List<Integer>> open = new HashMap<>();
        for (int i : order) {
            List<Integer> group = open.get(jobs.get(i).block());
            if (group == null || group.size() == setting.device().membersAtOnce()) {
                group = new ArrayList<>();
                groups.add(group);
                open.put(jobs.get(i).block(), group);
            }
            group.add(i);
        }
        return groups;
    }

    private void train(List<Job> jobs, List<CandidateTraining> candidates, List<CandidateGroup> groups, Checkpoint checkpoint, int from) {
        TrainSpec t = spec.train();
        int perEpoch = t.images() / t.batch();
        try (FeatureStream features = new FeatureStream(setting, teacher, setting.images().train(), t.batch(), perEpoch)) {
            features.forEach(epochs(features.chunkBatches(), from), c -> {
                each(groups, CandidateGroup.Pass.TRAINING, features, c, t.steps());
                int step = c.first() + c.count();
                setting.progress().update((long) step * jobs.size(), (long) t.steps() * jobs.size(), "steps");
                if (checkpoint.due()) {
                    checkpoint.save(step, together(jobs, candidates), failures(jobs, candidates));
                }
            });
        }
    }

    /** The chunks of all steps from {@code from} on; none goes over the end of an epoch. */
    private Iterator<FeatureStream.Chunk> epochs(int chunkBatches, int from) {
        TrainSpec t = spec.train();
        int perEpoch = t.images() / t.batch();
        return new Iterator<>() {
            private int step = from;

            @Override
            public boolean hasNext() {
                return step < t.steps();
            }

            @Override
            public FeatureStream.Chunk next() {
                int inEpoch = step % perEpoch;
                int count = Math.min(chunkBatches, perEpoch - inEpoch);
                int[] images = EpochOrder.permutation(t.images(), setting.seed("distill", 1), step / perEpoch);
                step += count;
                return new FeatureStream.Chunk(images, inEpoch * t.batch(), step - count, count);
            }
        };
    }

    private void rate(List<CandidateGroup> groups) {
        int batch = setting.spec().recalibrate().batch();
        int images = Math.min(setting.spec().recalibrate().images(), setting.images().train().size());
        int[] all = IntStream.range(0, Math.max(images, spec.validation())).toArray();
        pass(groups, CandidateGroup.Pass.RECALIBRATION, setting.images().train(), all, batch, images / batch);
        int size = divisor(spec.validation(), 128);
        pass(groups, CandidateGroup.Pass.RATING, setting.images().validation(), all, size, spec.validation() / size);
    }

    private void pass(List<CandidateGroup> groups, CandidateGroup.Pass pass, Dataset data, int[] images, int batch, int batches) {
        try (FeatureStream features = new FeatureStream(setting, teacher, data, batch, batches)) {
            features.forEach(features.chunks(images, batches), c -> each(groups, pass, features, c, batches));
        }
    }

    /** One chunk through all groups: on a CPU by whichever worker is free, elsewhere queued where the groups' graphs are and then waited for. */
    private void each(List<CandidateGroup> groups, CandidateGroup.Pass pass, FeatureStream features, FeatureStream.Chunk chunk, int steps) {
        Workers.Task task = (i, stream) -> groups.get(i).queue(pass, stream, features, chunk, steps);
        if (setting.device().membersAtOnce() > 1) {
            setting.workers().forEachInTurn(groups.size(), task);
        } else {
            setting.workers().forEach(groups.size(), task);
        }
        groups.forEach(CandidateGroup::settle);
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
