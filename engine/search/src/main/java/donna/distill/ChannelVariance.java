package donna.distill;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.tensor.Activation;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Mean and variance of every channel over many batches: each batch's on the device, combined in double precision (Chan, Golub, LeVeque 1983).
 * Owner: closes it. Thread rule: one thread at a time.
 */
final class ChannelVariance implements AutoCloseable {
    private static final float EPS = 1e-12f;

    private final Plan plan;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final double[] mean;
    private final double[] squares;
    private long batches;

    ChannelVariance(Device device, TensorSpec src) {
        Graph.Builder g = new Graph.Builder();
        TensorSpec channels = TensorSpec.f32(src.shape().dim(1));
        Value x = g.input("src", src);
        List<Value> in = new ArrayList<>(List.of(x));
        for (String name : List.of("gamma", "beta", "runningMean", "runningVar")) {
            in.add(g.variable(name, channels));
            tensors.put(name, device.tensor(channels));
        }
        in.add(g.input(GraphWriter.MOMENTUM, TensorSpec.of(src.dtype(), Shape.SCALAR)));
        tensors.put(GraphWriter.MOMENTUM, device.tensor(TensorSpec.f32(1)));
        Node norm = g.at("statistics").node(new Op.BatchNorm(EPS, Activation.NONE, false), in);
        g.output("mean", norm.output(1)).output("inverseStd", norm.output(2));
        tensors.put("mean", device.tensor(channels));
        tensors.put("inverseStd", device.tensor(channels));
        plan = device.compile(g.build());
        plan.bindAll(tensors);
        mean = new double[src.shape().dim(1)];
        squares = new double[mean.length];
    }

    /** Takes one more batch, of the same size as the others. */
    void add(Stream stream, Tensor src) {
        plan.bind("src", src);
        plan.run(stream);
        stream.synchronize();
        double[] m = tensors.get("mean").toDoubles();
        double[] inverse = tensors.get("inverseStd").toDoubles();
        batches++;
        for (int c = 0; c < mean.length; c++) {
            double delta = m[c] - mean[c];
            mean[c] += delta / batches;
            squares[c] += Math.max(0, 1 / (inverse[c] * inverse[c]) - EPS) + delta * (m[c] - mean[c]);
        }
    }

    /** One over the variance of each channel, the variance at least {@code floor}. */
    float[] inverse(double floor) {
        float[] out = new float[mean.length];
        for (int c = 0; c < out.length; c++) {
            out[c] = (float) (1 / Math.max(floor, squares[c] / batches));
        }
        return out;
    }

    @Override
    public void close() {
        plan.close();
        tensors.values().forEach(Tensor::close);
    }
}
