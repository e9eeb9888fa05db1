package donna.finetune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Stream;
import donna.nn.GraphWriter;
import donna.nn.Layer;
import donna.nn.Layers;
import donna.nn.Network;
import donna.nn.ParameterSpec;
import donna.tensor.Activation;
import donna.tensor.Shape;
import donna.train.Inference;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class SynapticFlowTest {
    private static final Shape PIXEL = Shape.of(1, 1, 1);

    private static Network network(int layers) {
        List<Layer> chain = Collections.nCopies(layers, new Layers.ConvNorm("conv", "bn", 5, 3, 1, Activation.RELU));
        return new Network(
                new Layers.ConvNorm("conv_stem", "bn1", 3, 3, 2, Activation.RELU),
                List.of(new Layers.Sequential(chain)),
                new Layers.Head(6, 1, Activation.RELU, 4));
    }

    private static double flow(Network network) {
        try (Device device = Backends.open("reference", line -> {});
                Stream stream = device.openStream()) {
            return SynapticFlow.log(device, stream, network, PIXEL);
        }
    }

    /** Of one pixel, only the middle of each kernel takes part: the network is a product of matrices, linear in each. */
    @Test
    void inAChainEveryLayerCarriesTheWholeFlow() {
        for (int layers = 1; layers <= 3; layers++) {
            Network network = network(layers);
            double[] x = {1};
            int matrices = 0;
            for (ParameterSpec p : Inference.parameters(network, PIXEL)) {
                if (p.decay()) {
                    x = product(p, x);
                    matrices++;
                }
            }
            double flow = Arrays.stream(x).sum() / Math.pow(1 + GraphWriter.BATCH_NORM_EPS, (layers + 2) / 2.0);
            assertEquals(layers + 3, matrices);
            assertEquals(Math.log(matrices * flow), flow(network), 1e-4);
        }
    }

    private static double[] product(ParameterSpec p, double[] x) {
        int out = p.shape().dim(0);
        int each = (int) (p.shape().elements() / out / x.length);
        float[] w = p.init().values(0, p.name(), (int) p.shape().elements());
        double[] y = new double[out];
        for (int o = 0; o < out; o++) {
            for (int i = 0; i < x.length; i++) {
                y[o] += Math.abs(w[(o * x.length + i) * each + each / 2]) * x[i];
            }
        }
        return y;
    }

    @Test
    void widerNetworksLetMoreThrough() {
        Network wide = new Network(
                new Layers.ConvNorm("conv_stem", "bn1", 12, 3, 2, Activation.RELU),
                network(1).blocks(),
                network(1).head());
        assertTrue(flow(wide) > flow(network(1)));
    }
}
