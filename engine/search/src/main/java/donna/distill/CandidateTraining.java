package donna.distill;

import donna.backend.Device;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Layer;
import donna.nn.ParameterSpec;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Recipe;
import donna.train.TrainingState;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What one candidate carries through its three passes: weights and optimizer state, why it failed, its NSR. Owner: closes it. Thread rule: one at a time. */
final class CandidateTraining implements AutoCloseable {
    /** Inputs of the objective. */
    static final String SRC = "src";

    static final String TARGET = "target";
    static final String INVERSE_VARIANCE = "inverseVariance";

    private final Layer layer;
    private final TrainingState state;
    private Optional<String> failure;
    private double nsrSum;
    private long nsrBatches;

    /**
     * @param values the parameters, and whatever else {@link #checkpoint} gave
     * @param failure why it failed in the run that made the checkpoint
     */
    CandidateTraining(Device device, Layer layer, TensorSpec src, Recipe recipe, Map<String, float[]> values, Optional<String> failure) {
        this.failure = failure;
        this.layer = layer;
        this.state = TrainingState.start(device, parameters(layer, src), values, recipe);
    }

    static Collection<ParameterSpec> parameters(Layer layer, TensorSpec src) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.INFERENCE);
        layer.write(w, "", w.graph().input(SRC, src));
        return List.copyOf(w.parameters());
    }

    /** Writes the candidate and its NSR. */
    Value write(GraphWriter w, TensorSpec src, TensorSpec target, TensorSpec inverseVariance) {
        Value out = layer.write(w, "", w.graph().input(SRC, src));
        w.graph().at("loss");
        return w.graph().add(new Op.NsrLoss(), out, w.graph().input(TARGET, target), w.graph().input(INVERSE_VARIANCE, inverseVariance));
    }

    /** Every tensor by name. */
    Map<String, Tensor> tensors() {
        return state.tensors();
    }

    boolean failed() {
        return failure.isPresent();
    }

    Optional<String> failure() {
        return failure;
    }

    /** The loss of a training step: one that is no number ends the candidate, not the search. */
    void trained(double loss, int step, int steps) {
        if (!failed() && !Double.isFinite(loss)) {
            failure = Optional.of("the loss is " + loss + " at step " + step + " of " + steps);
        }
    }

    /** The NSR of one more held-out batch. */
    void rated(double nsr) {
        nsrSum += nsr;
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

    @Override
    public void close() {
        state.close();
    }
}
