package donna.train;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.nn.GraphWriter;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Gives batch norms the statistics that the weights have now: the cumulative average over some batches in place of the trailing average of training.
 * Without it an assembled network is at chance. Owner: closes it before the parameters. Thread rule: one run at a time.
 */
public final class Recalibration implements AutoCloseable {
    private final Plan plan;
    private final Tensor momentum;
    private int batches;

    /** Compiles the forward pass that {@code forward} writes and binds {@code tensors}, whose running statistics it will replace. */
    public Recalibration(Device device, Consumer<GraphWriter> forward, Map<String, Tensor> tensors) {
        GraphWriter w = new GraphWriter(GraphWriter.Mode.TRAIN);
        forward.accept(w);
        plan = device.compile(w.graph().build());
        momentum = device.tensor(TensorSpec.f32(1));
        plan.bindAll(tensors);
        plan.bindAll(Map.of(GraphWriter.MOMENTUM, momentum));
    }

    /** Binds an input of the forward pass, if a batch norm depends on it: a transformer has none, and nothing is run for it. */
    public void bind(String name, Tensor tensor) {
        plan.bindAll(Map.of(name, tensor));
    }

    /** Takes one more batch into the average; the first one replaces what was there. */
    public void run(Stream stream) {
        momentum.set(1.0 / ++batches);
        plan.run(stream);
        stream.synchronize();
    }

    @Override
    public void close() {
        plan.close();
        momentum.close();
    }
}
