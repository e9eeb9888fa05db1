package donna.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.backend.reference.ReferenceBackend;
import donna.tensor.Activation;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Inference;
import donna.train.TrainingState;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FoldingTest {
    private static final Shape IMAGE = Shape.of(2, 6, 6);
    private static final Network NETWORK = new Network(
            new Layers.ConvNorm("conv_stem", "bn1", 4, 3, 1, Activation.RELU6),
            List.of(
                    new Layers.Sequential(List.of(new Layers.InvertedResidual(true, 12, 4, 3, 1, 12, 2, Activation.SWISH))),
                    new Layers.Sequential(List.of(new Layers.InvertedResidual(false, 8, 6, 5, 2, 1, 0, Activation.HSWISH)))),
            new Layers.Head(7, 1, Activation.RELU, 3));

    /** Weights whose statistics are far from zero and one, so that a mistake in folding shows. */
    private static Map<String, float[]> values() {
        Map<String, float[]> values = TrainingState.initialValues(Inference.parameters(NETWORK, IMAGE), 7);
        values.replaceAll((name, v) -> name.contains("bn")
                ? new Init.Uniform(0.5).values(3, name, v.length)
                : v);
        values.forEach((name, v) -> {
            for (int i = 0; name.endsWith("running_var") && i < v.length; i++) {
                v[i] += 1;
            }
        });
        return values;
    }

    @Test
    void a_folded_network_gives_the_logits_of_the_unfolded_one() {
        try (Device device = new ReferenceBackend().open(0)) {
            TensorSpec images = TensorSpec.f32(3, 2, 6, 6);
            float[] x = new Init.Uniform(2).values(1, "x", (int) images.shape().elements());
            try (Stream stream = device.openStream();
                    Inference folded = new Inference(device, NETWORK, values(), IMAGE, 3, true);
                    Plan plain = device.compile(Inference.graph(NETWORK, IMAGE, 3));
                    Parameters parameters = Parameters.of(device, Inference.parameters(NETWORK, IMAGE), values());
                    Tensor in = device.tensor(images);
                    Tensor a = device.tensor(TensorSpec.f32(3, 3));
                    Tensor b = device.tensor(TensorSpec.f32(3, 3));
                    Tensor stem = device.tensor(TensorSpec.f32(3, 4, 6, 6));
                    Tensor first = device.tensor(TensorSpec.f32(3, 4, 6, 6));
                    Tensor second = device.tensor(TensorSpec.f32(3, 6, 3, 3))) {
                in.set(x);
                folded.bind(Inference.IMAGES, in);
                folded.bind(Inference.LOGITS, a);
                folded.bind(Inference.boundary(0), stem);
                folded.bind(Inference.boundary(1), first);
                folded.bind(Inference.boundary(2), second);
                folded.run(stream);
                plain.bindAll(parameters.tensors());
                plain.bind(Inference.IMAGES, in);
                plain.bind(Inference.LOGITS, b);
                plain.run(stream);
                assertArrayEquals(b.toFloats(), a.toFloats(), 1e-5f);
            }
            assertEquals(0, device.bytesInUse());
        }
    }

    @Test
    void boundary_shapes_follow_the_strides() {
        assertEquals(List.of(Shape.of(4, 6, 6), Shape.of(4, 6, 6), Shape.of(6, 3, 3)), Inference.boundaryShapes(NETWORK, IMAGE));
    }
}
