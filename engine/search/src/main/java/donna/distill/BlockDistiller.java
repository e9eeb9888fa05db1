package donna.distill;

import donna.backend.Device;
import donna.data.Dataset;
import donna.data.EpochOrder;
import donna.graph.Cost;
import donna.jobs.Checkpoint;
import donna.jobs.Shares;
import donna.model.Reduced;
import donna.nn.Layer;
import donna.nn.ParameterSpec;
import donna.space.Block;
import donna.spec.BlockType;
import donna.spec.DistillSpec;
import donna.spec.TrainSpec;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import donna.train.Inference;
import donna.train.Recipe;
import donna.train.TrainingState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Trains candidates of all blocks together: chunk by chunk of the teacher's boundaries, the most expensive candidate first. Several devices share the
 * candidates by their measured speed, each with a teacher of its own; they take chunks together, so that what is unfinished has one place in the data.
 */
public final class BlockDistiller {
    /** A candidate to train: {@code candidate} of {@code block}. */
    public record Job(int block, int candidate) {}

    /** Chunks after which the shares of devices are first looked at. */
    private static final int FIRST_LOOK = 8;

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
        try (FeatureStream features = new FeatureStream(
                setting, List.of(setting.device()), teacher, setting.images().train(), train.batch(), batches)) {
            for (int k = 0; k <= setting.space().blocks().size(); k++) {
                all.add(new ChannelVariance(setting.device(), features.spec(k)));
            }
            features.forEach(features.chunks(order, batches), c -> setting.workers().forEachOnFirst(all.size(), (k, stream) -> {
                for (int i = 0; i < c.count(); i++) {
                    setting.progress().check();
                    all.get(k).add(stream, features.boundary(0, k, i));
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
        Checkpoint checkpoint = setting.checkpoint(key);
        List<Shape> inputs = Inference.boundaryShapes(teacher.network(), setting.imageShape());
        List<Cost> costs = jobs.stream().map(j -> Networks.cost(layer(j), inputs.get(j.block()))).toList();
        double[] work = costs.stream().mapToDouble(c -> Math.max(1, c.macs())).toArray();
        Shares shares = Shares.equal(work, setting.workers().devices().size());
        Optional<Checkpoint.Saved> state = checkpoint.load().filter(s -> jobs.stream().allMatch(j -> !own(s.values(), j).isEmpty()));
        int step = state.map(Checkpoint.Saved::step).orElse(0);
        while (true) {
            tell(shares);
            try (PlacedCandidates placed = place(jobs, costs, shares, inverseVariance, state)) {
                Shares held = shares;
                Reached reached = train(jobs, placed, seconds -> held.better(work, seconds), step, checkpoint);
                if (reached.better.isEmpty()) {
                    finish(jobs, costs, placed, done);
                    return;
                }
                step = reached.step;
                state = Optional.of(new Checkpoint.Saved(step, together(jobs, placed.all()), failures(jobs, placed.all())));
                shares = reached.better.get();
            }
        }
    }

    /** Where training stands: at its end, or where other shares are better. */
    private record Reached(int step, Optional<Shares> better) {}

    private void tell(Shares shares) {
        List<Device> devices = setting.workers().devices();
        if (devices.size() > 1) {
            setting.progress().line("block library: " + IntStream.range(0, devices.size())
                    .mapToObj(d -> "%.0f %% of the work on %s".formatted(shares.percent(d), devices.get(d).name()))
                    .collect(Collectors.joining(", ")));
        }
    }

    private PlacedCandidates place(
            List<Job> jobs, List<Cost> costs, Shares shares, List<float[]> inverseVariance, Optional<Checkpoint.Saved> state) {
        List<TensorSpec> src = batchSpecs();
        Recipe recipe = Recipes.of(spec.train());
        int[] blocks = jobs.stream().mapToInt(Job::block).toArray();
        return new PlacedCandidates(setting, blocks, costs, shares.places(), inverseVariance, recipe, (i, device) -> {
            Job j = jobs.get(i);
            Map<String, float[]> start = state.map(s -> own(s.values(), j)).orElseGet(() -> initial(j, src.get(j.block())));
            Optional<String> failure = state.map(s -> s.notes().get(prefix(j)));
            return new CandidateTraining(device, layer(j), src.get(j.block()), recipe, start, failure);
        });
    }

    /**
     * Trains to the end, or to where other shares turn out to be better: looked at more and more rarely, first when all is warm.
     *
     * @param better of the seconds that each device was busy with a step
     */
    private Reached train(
            List<Job> jobs, PlacedCandidates placed, Function<double[], Optional<Shares>> better, int from, Checkpoint checkpoint) {
        TrainSpec t = spec.train();
        List<Device> devices = setting.workers().devices();
        try (FeatureStream features =
                new FeatureStream(setting, devices, teacher, setting.images().train(), t.batch(), t.images() / t.batch())) {
            int step = from;
            for (int chunks = 1; ; chunks = Math.max(FIRST_LOOK, 2 * chunks)) {
                int until = devices.size() == 1 ? t.steps() : Math.min(t.steps(), step + chunks * features.chunkBatches());
                features.forEach(epochs(features.chunkBatches(), step, until), c -> {
                    placed.each(CandidateGroup.Pass.TRAINING, features, c, t.steps());
                    int reached = c.first() + c.count();
                    setting.progress().update((long) reached * jobs.size(), (long) t.steps() * jobs.size(), "steps");
                    if (checkpoint.due()) {
                        checkpoint.save(reached, together(jobs, placed.all()), failures(jobs, placed.all()));
                    }
                });
                step = until;
                double[] seconds = placed.seconds();
                Optional<Shares> other = step == t.steps() || chunks == 1 ? Optional.empty() : better.apply(seconds);
                if (step == t.steps() || other.isPresent()) {
                    return new Reached(step, other);
                }
            }
        }
    }

    private void finish(List<Job> jobs, List<Cost> costs, PlacedCandidates placed, BiConsumer<Job, BlockLibrary.Entry> done) {
        placed.all().forEach(CandidateTraining::adoptAverage);
        rate(placed);
        for (int i = 0; i < jobs.size(); i++) {
            CandidateTraining c = placed.all().get(i);
            double nsr = c.nsr();
            done.accept(jobs.get(i), new BlockLibrary.Entry(nsr, costs.get(i).macs(), costs.get(i).params(), c.result(), c.failure()));
        }
    }

    /** The chunks of the steps from {@code from} up to {@code until}; none goes over the end of an epoch. */
    private Iterator<FeatureStream.Chunk> epochs(int chunkBatches, int from, int until) {
        TrainSpec t = spec.train();
        int perEpoch = t.images() / t.batch();
        return new Iterator<>() {
            private int step = from;

            @Override
            public boolean hasNext() {
                return step < until;
            }

            @Override
            public FeatureStream.Chunk next() {
                int inEpoch = step % perEpoch;
                int count = Math.min(chunkBatches, Math.min(until - step, perEpoch - inEpoch));
                int[] images = EpochOrder.permutation(t.images(), setting.seed("distill", 1), step / perEpoch);
                step += count;
                return new FeatureStream.Chunk(images, inEpoch * t.batch(), step - count, count);
            }
        };
    }

    private void rate(PlacedCandidates placed) {
        int batch = setting.spec().recalibrate().batch();
        int images = Math.min(setting.spec().recalibrate().images(), setting.images().train().size());
        int[] all = IntStream.range(0, Math.max(images, spec.validation())).toArray();
        pass(placed, CandidateGroup.Pass.RECALIBRATION, setting.images().train(), all, batch, images / batch);
        int size = divisor(spec.validation(), 128);
        pass(placed, CandidateGroup.Pass.RATING, setting.images().validation(), all, size, spec.validation() / size);
    }

    private void pass(PlacedCandidates placed, CandidateGroup.Pass pass, Dataset data, int[] images, int batch, int batches) {
        try (FeatureStream features = new FeatureStream(setting, setting.workers().devices(), teacher, data, batch, batches)) {
            features.forEach(features.chunks(images, batches), c -> placed.each(pass, features, c, batches));
        }
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
