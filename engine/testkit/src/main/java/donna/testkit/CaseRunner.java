package donna.testkit;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Graph;
import donna.graph.Op;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** A graph compiled for a device with all its tensors; close it before the device. */
public final class CaseRunner implements AutoCloseable {
    private final Graph graph;
    private final Plan plan;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    public CaseRunner(Device device, Graph graph) {
        this.graph = graph;
        this.plan = device.compile(graph);
        graph.bindings().forEach((name, spec) -> tensors.put(name, device.tensor(spec)));
        plan.bindAll(tensors);
    }

    /** Compiles, runs once, and closes everything. */
    public static Map<String, double[]> once(Device device, OpCase.Written written) {
        try (Stream stream = device.openStream();
                CaseRunner runner = new CaseRunner(device, written.graph())) {
            return runner.run(stream, written.values());
        }
    }

    public Plan plan() {
        return plan;
    }

    public Tensor tensor(String name) {
        return tensors.get(name);
    }

    /**
     * Sets inputs and variables, fills the outputs with NaN, runs, and gives the values of all outputs and variables in
     * row-major order.
     *
     * @throws AssertionError if the missing channels of a blocked output are not zero
     */
    public Map<String, double[]> run(Stream stream, Map<String, double[]> values) {
        values.forEach((name, v) -> tensors.get(name).set(v));
        for (String name : graph.outputs().keySet()) {
            byte[] nan = new byte[Math.toIntExact(tensors.get(name).spec().bytes())];
            Arrays.fill(nan, (byte) -1);
            tensors.get(name).buffer().write(0, MemorySegment.ofArray(nan));
        }
        plan.run(stream);
        stream.synchronize();
        Map<String, double[]> results = new LinkedHashMap<>();
        for (String name : graph.outputs().keySet()) {
            results.put(name, tensors.get(name).toDoubles());
            checkMissingChannels(name, tensors.get(name));
        }
        graph.nodes().forEach(n -> {
            if (n.op() instanceof Op.Variable v) {
                results.put(v.name(), tensors.get(v.name()).toDoubles());
            }
        });
        return results;
    }

    private static void checkMissingChannels(String name, Tensor t) {
        int block = t.spec().layout().block();
        if (block > 1) {
            Shape s = t.shape();
            Shape padded = s.with(1, t.spec().layout().paddedChannels(s));
            double[] all = Tensor.view(
                            new TensorSpec(t.spec().dtype(), padded, t.spec().layout()), t.buffer(), 0)
                    .toDoubles();
            int pixels = s.dim(2) * s.dim(3);
            for (int i = 0; i < all.length; i++) {
                int channel = i / pixels % padded.dim(1);
                if (channel >= s.dim(1) && all[i] != 0) {
                    throw new AssertionError(name + " " + t.spec() + ": missing channel " + channel + " holds " + all[i]
                            + ", expected 0");
                }
            }
        }
    }

    /** Closes the plan and all tensors; what is closed already stays so. */
    @Override
    public void close() {
        plan.close();
        tensors.values().forEach(Tensor::close);
    }
}
