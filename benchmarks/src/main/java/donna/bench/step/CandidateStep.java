package donna.bench.step;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Layer;
import donna.nn.Layers;
import donna.tensor.Activation;
import donna.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One candidate of a stage and its training step on the NSR loss. */
final class CandidateStep implements AutoCloseable {
    private final String name;
    private final int batch;
    private final SgdStep step;

    CandidateStep(Device device, Stages.Stage stage, Stages.Candidate c, Map<String, Tensor> data) {
        name = c.toString();
        batch = stage.batch();
        step = new SgdStep(device, w -> loss(w, layers(stage, c), data), data);
    }

    private static Value loss(GraphWriter w, Layer layers, Map<String, Tensor> data) {
        Value out = layers.write(w, "", w.graph().input("src", data.get("src").spec()));
        return w.graph().add(new Op.NsrLoss(), out, w.graph().input("target", data.get("target").spec()),
                w.graph().input("inverseVariance", data.get("inverseVariance").spec()));
    }

    private static Layer layers(Stages.Stage stage, Stages.Candidate c) {
        List<Layer> all = new ArrayList<>();
        for (int i = 0; i < c.depth(); i++) {
            int in = i == 0 ? stage.in() : stage.out();
            int hidden = in * c.expand();
            boolean depthwise = c.type().equals("mbconv");
            all.add(new Layers.InvertedResidual(depthwise, hidden, stage.out(), c.kernel(), i == 0 ? stage.stride() : 1, depthwise ? hidden : 1,
                    c.se() ? Math.max(1, in / 4) : 0, Activation.valueOf(c.act().toUpperCase(java.util.Locale.ROOT))));
        }
        return new Layers.Sequential(all);
    }

    String name() {
        return name;
    }

    int batch() {
        return batch;
    }

    Plan plan() {
        return step.plan();
    }

    /** Trains one step and returns its loss. */
    double run(Stream stream) {
        return step.run(stream);
    }

    @Override
    public void close() {
        step.close();
    }
}
