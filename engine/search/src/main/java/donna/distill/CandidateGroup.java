package donna.distill;

import donna.backend.Device;
import donna.backend.Stream;
import donna.jobs.Progress;
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.GroupStep;
import donna.train.Recipe;
import java.util.List;
import java.util.Optional;

/**
 * Candidates of one block that are trained, recalibrated and rated together, as one graph: each comes out as it would alone. Steps are compiled on the thread
 * that first needs them and closed with their pass; one that finds no memory goes on in halves. A candidate that failed is left out of the next chunk's graph.
 * Owner: closes it before its candidates. Thread rule: one thread at a time.
 */
final class CandidateGroup implements AutoCloseable {
    /** What is done with the teacher's boundaries. */
    enum Pass {
        TRAINING,
        RECALIBRATION,
        RATING
    }

    private final Device device;
    private final int place;
    private final Progress progress;
    private final int block;
    private final Tensor inverseVariance;
    private final Recipe recipe;
    private List<CandidateTraining> members;
    private Optional<GroupStep> step = Optional.empty();
    private Pass pass = Pass.TRAINING;
    private List<CandidateGroup> halves = List.of();
    private Queued queued = Queued.NOTHING;

    /** Batches of a chunk, the first one being step {@code first} of {@code steps}: those from {@code from} up to {@code to} are queued. */
    private record Queued(int first, int steps, int from, int to) {
        static final Queued NOTHING = new Queued(0, 0, 0, 0);
    }

    /**
     * A group that is trained on one device.
     *
     * @param place of the device among those of the features
     * @param inverseVariance of the block's result
     */
    CandidateGroup(Device device, int place, Progress progress, int block, Tensor inverseVariance, Recipe recipe, List<CandidateTraining> members) {
        this.device = device;
        this.place = place;
        this.progress = progress;
        this.block = block;
        this.inverseVariance = inverseVariance;
        this.recipe = recipe;
        this.members = List.copyOf(members);
    }

    /** Queues a pass over the present chunk {@code c}; {@link #settle} is next. Its first batch is step {@code c.first()} of {@code steps}. */
    void queue(Pass wanted, Stream stream, FeatureStream features, FeatureStream.Chunk c, int steps) {
        queue(wanted, stream, features, c, 0, steps);
    }

    private void queue(Pass wanted, Stream stream, FeatureStream features, FeatureStream.Chunk c, int from, int steps) {
        leave(wanted);
        for (CandidateGroup half : halves) {
            half.queue(wanted, stream, features, c, from, steps);
        }
        if (members.isEmpty()) {
            return;
        }
        int b = from;
        try {
            GroupStep s = step(features);
            s.prepare(c.first(), steps);
            for (; b < c.count(); b++) {
                progress.check();
                s.bind(CandidateTraining.SRC, features.boundary(place, block, b));
                s.bind(CandidateTraining.TARGET, features.boundary(place, block + 1, b));
                s.run(stream, b);
                queued = new Queued(c.first(), steps, from, b + 1);
            }
        } catch (DonnaException.OutOfMemory e) {
            split(e);
            queue(wanted, stream, features, c, b, steps);
        }
    }

    /** Drops the step of another pass, and members that failed. */
    private void leave(Pass wanted) {
        if (wanted != pass || members.stream().anyMatch(CandidateTraining::failed)) {
            closeStep();
            pass = wanted;
            members = members.stream().filter(m -> !m.failed()).toList();
        }
    }

    private GroupStep step(FeatureStream features) {
        if (step.isEmpty()) {
            TensorSpec src = features.spec(block);
            TensorSpec target = features.spec(block + 1);
            List<GroupStep.Member> all = members.stream()
                    .map(m -> new GroupStep.Member(w -> m.write(w, src, target, inverseVariance.spec()), m.tensors()))
                    .toList();
            int places = features.chunkBatches();
            step = Optional.of(switch (pass) {
                case TRAINING -> GroupStep.training(device, all, recipe, places);
                case RECALIBRATION -> GroupStep.recalibration(device, all, places);
                case RATING -> GroupStep.rating(device, all, places);
            });
            step.get().bind(CandidateTraining.INVERSE_VARIANCE, inverseVariance);
        }
        return step.get();
    }

    /** Hands the members to two groups of half the size, once what they had queued is done. */
    private void split(DonnaException.OutOfMemory why) {
        int half = members.size() / 2;
        if (half == 0) {
            throw why;
        }
        note();
        closeStep();
        progress.line("no memory for " + members.size() + " candidates of a block at once, going on with " + half + ": " + why.getMessage());
        halves = List.of(
                new CandidateGroup(device, place, progress, block, inverseVariance, recipe, members.subList(0, half)),
                new CandidateGroup(device, place, progress, block, inverseVariance, recipe, members.subList(half, members.size())));
        members = List.of();
    }

    /** Its device's place. */
    int place() {
        return place;
    }

    /** Waits for what was queued, and tells each candidate its losses. */
    void settle() {
        note();
        halves.forEach(CandidateGroup::settle);
    }

    private void note() {
        if (queued.from < queued.to && pass != Pass.RECALIBRATION) {
            double[][] losses = step.orElseThrow().losses();
            for (int b = queued.from; b < queued.to; b++) {
                for (int m = 0; m < members.size(); m++) {
                    if (pass == Pass.TRAINING) {
                        members.get(m).trained(losses[b][m], queued.first + b, queued.steps);
                    } else {
                        members.get(m).rated(losses[b][m]);
                    }
                }
            }
        }
        queued = Queued.NOTHING;
    }

    private void closeStep() {
        step.ifPresent(GroupStep::close);
        step = Optional.empty();
    }

    @Override
    public void close() {
        closeStep();
        halves.forEach(CandidateGroup::close);
    }
}
