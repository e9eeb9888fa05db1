package donna.distill;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Layer;
import donna.nn.ParameterSpec;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Recalibration;
import donna.train.Recipe;
import donna.train.TrainingState;
import donna.train.TrainingStep;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One candidate through its three stages: trained on the teacher's boundaries, recalibrated, rated. Plans are compiled on the thread that first needs them and
 * closed with their stage. Owner: closes it. Thread rule: one thread at a time.
 */
final class CandidateTraining implements AutoCloseable {
    private static final String SRC = "src";
    private static final String TARGET = "target";
    private static final String INVERSE_VARIANCE = "inverseVariance";
    private static final String NSR = "nsr";

    private final Device device;
    private final Layer layer;
    private final Tensor inverseVariance;
    private final Recipe recipe;
    private final TrainingState state;
    private Optional<TrainingStep> training = Optional.empty();
    private Optional<Recalibration> recalibration = Optional.empty();
    private Optional<Plan> rating = Optional.empty();
    private Optional<Tensor> nsr = Optional.empty();
    private Optional<String> failure;
    private double nsrSum;
    private long nsrBatches;

    /**
     * @param values the parameters, and whatever else {@link #checkpoint} gave
     * @param failure why it failed in the run that made the checkpoint
     */
    CandidateTraining(
            Device device,
            Layer layer,
            TensorSpec src,
            Tensor inverseVariance,
            Recipe recipe,
            Map<String, float[]> values,
            Optional<String> failure) {
        this.failure = failure;
        this.device = device;
        this.layer = layer;
        this.inverseVariance = inverseVariance;
        this.recipe = recipe;
        this.state = TrainingState.start(device, parameters(layer, src), values, recipe);
    }

    static Collection<ParameterSpec> parameters(Layer layer, TensorSpec src) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.INFERENCE);
        layer.write(w, "", w.graph().input(SRC, src));
        return List.copyOf(w.parameters());
    }

    private Value write(GraphWriter w, TensorSpec src, TensorSpec target) {
        Value out = layer.write(w, "", w.graph().input(SRC, src));
        w.graph().at("loss");
        return w.graph().add(new Op.NsrLoss(), out, w.graph().input(TARGET, target), w.graph().input(INVERSE_VARIANCE, inverseVariance.spec()));
    }

    boolean failed() {
        return failure.isPresent();
    }

    Optional<String> failure() {
        return failure;
    }

    /** One training step; a loss that is no number ends the candidate, not the search. */
    void train(Stream stream, Tensor src, Tensor target, int step, int steps) {
        TrainingStep t = training.orElseGet(() -> {
            TrainingStep fresh = TrainingStep.compile(device, w -> write(w, src.spec(), target.spec()), recipe, state);
            fresh.bind(INVERSE_VARIANCE, inverseVariance);
            training = Optional.of(fresh);
            return fresh;
        });
        t.bind(SRC, src);
        t.bind(TARGET, target);
        double loss = t.run(stream, step, steps);
        if (!Double.isFinite(loss)) {
            failure = Optional.of("the loss is " + loss + " at step " + step + " of " + steps);
        }
    }

    /** One batch of recalibration. */
    void recalibrate(Stream stream, Tensor src) {
        close(training.map(TrainingStep.class::cast));
        training = Optional.empty();
        Recalibration r = recalibration.orElseGet(() -> {
            Recalibration fresh =
                    new Recalibration(device, w -> layer.write(w, "", w.graph().input(SRC, src.spec())), state.parameters().tensors());
            recalibration = Optional.of(fresh);
            return fresh;
        });
        r.bind(SRC, src);
        r.run(stream);
    }

    /** One batch of rating. */
    void rate(Stream stream, Tensor src, Tensor target) {
        close(recalibration);
        recalibration = Optional.empty();
        Plan p = rating.orElseGet(() -> {
            GraphWriter w = new GraphWriter(GraphWriter.Mode.INFERENCE);
            w.graph().output(NSR, write(w, src.spec(), target.spec()));
            Plan fresh = device.compile(w.graph().build());
            nsr = Optional.of(device.tensor(TensorSpec.f32(1)));
            fresh.bindAll(state.parameters().tensors());
            fresh.bind(INVERSE_VARIANCE, inverseVariance);
            fresh.bind(NSR, nsr.get());
            rating = Optional.of(fresh);
            return fresh;
        });
        p.bind(SRC, src);
        p.bind(TARGET, target);
        p.run(stream);
        stream.synchronize();
        nsrSum += nsr.orElseThrow().item();
        nsrBatches++;
    }

    /** The mean NSR of the batches rated. */
    double nsr() {
        double mean = nsrSum / nsrBatches;
        if (!failed() && !Double.isFinite(mean)) {
            failure = Optional.of("the NSR on held-out images is " + mean);
        }
        return failed() ? Double.POSITIVE_INFINITY : mean;
    }

    /** Everything training carries, for a checkpoint. */
    Map<String, float[]> checkpoint() {
        return state.values();
    }

    Map<String, float[]> result() {
        return state.parameters().values();
    }

    /** The trained weights; the moving average where one is kept. */
    void adoptAverage() {
        state.result().forEach((name, v) -> {
            Tensor t = state.parameters().tensors().get(name);
            if (t != null) {
                t.set(v);
            }
        });
    }

    private static void close(Optional<? extends AutoCloseable> resource) {
        switch (resource.orElse(null)) {
            case TrainingStep t -> t.close();
            case Recalibration r -> r.close();
            case Plan p -> p.close();
            case Tensor t -> t.close();
            case null, default -> {}
        }
    }

    @Override
    public void close() {
        close(training);
        close(recalibration);
        close(rating);
        close(nsr);
        state.close();
    }
}
