package donna.finetune;

import donna.backend.Device;
import donna.backend.Stream;
import donna.nn.Init;
import donna.nn.Network;
import donna.nn.ParameterSpec;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.train.Inference;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A zero-cost proxy of accuracy: how much flows through a network with fresh weights, no data looked at. SynFlow
 * (Tanaka, Kunin, Yamins, Ganguli 2020; to rank architectures: Abdelfattah, Mehrotra, Dudziak, Lane 2021) is {@code
 * sum_w w dR/dw}, where R is the sum of the logits of an image of ones and every weight has its absolute value, biases
 * are zero and batch norm does nothing.
 *
 * <p>That sum is the derivative of R as all weights grow together, which two forward passes tell: no gradient is
 * needed.
 */
public final class SynapticFlow {
    private static final double STEP = 1.0 / 128;

    private SynapticFlow() {}

    /** The logarithm of SynFlow; infinite where the flow outgrows single precision, minus infinity where it does not grow with the weights. */
    public static double log(Device device, Stream stream, Network network, Shape image) {
        List<ParameterSpec> specs = Inference.parameters(network, image);
        double low = logFlow(device, stream, network, image, specs, 1 - STEP);
        double high = logFlow(device, stream, network, image, specs, 1 + STEP);
        double slope = (high - low) / (Math.log1p(STEP) - Math.log1p(-STEP));
        double middle = (low + high - slope * (Math.log1p(STEP) + Math.log1p(-STEP))) / 2;
        if (!Double.isFinite(slope)) {
            return Double.POSITIVE_INFINITY;
        }
        return slope > 0 ? middle + Math.log(slope) : Double.NEGATIVE_INFINITY;
    }

    private static double logFlow(
            Device device, Stream stream, Network network, Shape image, List<ParameterSpec> specs, double scale) {
        Map<String, float[]> values = new HashMap<>();
        for (ParameterSpec p : specs) {
            float[] v = p.init().values(0, p.name(), Math.toIntExact(p.shape().elements()));
            for (int i = 0; p.init() instanceof Init.Uniform && i < v.length; i++) {
                v[i] = p.decay() ? (float) (scale * Math.abs(v[i])) : 0;
            }
            values.put(p.name(), v);
        }
        try (Inference net = new Inference(device, network, values, image, 1, false);
                Tensor ones = device.tensor(net.bindings().get(Inference.IMAGES));
                Tensor logits = device.tensor(net.bindings().get(Inference.LOGITS))) {
            float[] pixels = new float[Math.toIntExact(image.elements())];
            Arrays.fill(pixels, 1);
            ones.set(pixels);
            net.bind(Inference.IMAGES, ones);
            net.bind(Inference.LOGITS, logits);
            net.run(stream);
            stream.synchronize();
            double flow = 0;
            for (float z : logits.toFloats()) {
                flow += z;
            }
            return Math.log(flow);
        }
    }
}
