package donna.train;

import donna.backend.Device;
import donna.backend.Stream;
import donna.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** {@link GroupStep#recalibration} of one network, batch by batch. Owner: closes it before the parameters. Thread rule: one run at a time. */
public final class Recalibration implements AutoCloseable {
    private final GroupStep step;
    private int batches;

    /** Compiles the forward pass that {@code forward} writes and binds {@code tensors}, whose running statistics it will replace. */
    public Recalibration(Device device, Objective forward, Map<String, Tensor> tensors) {
        step = GroupStep.recalibration(device, List.of(new GroupStep.Member(forward, tensors)), 1);
    }

    /** Binds an input of the forward pass, if a batch norm depends on it: a transformer has none, and nothing is run for it. */
    public void bind(String name, Tensor tensor) {
        step.bind(name, tensor);
    }

    /** Takes one more batch into the average; the first one replaces what was there. */
    public void run(Stream stream) {
        step.prepare(batches++, 0);
        step.run(stream, 0);
        stream.synchronize();
    }

    @Override
    public void close() {
        step.close();
    }
}
