package donna.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Stream;
import donna.graph.Cost;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.ChannelAttention;
import donna.nn.GraphWriter;
import donna.nn.Layer;
import donna.nn.Layers;
import donna.nn.Network;
import donna.nn.ParameterSpec;
import donna.nn.Residual;
import donna.nn.Transformer;
import donna.tensor.Activation;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Inference;
import donna.train.TrainingState;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReducedTest {
    private static final Device DEVICE = Backends.open("reference", line -> {});
    private static final Layer NOTHING = (w, name, src) -> src;

    @AfterAll
    static void nothingIsLeft() {
        assertEquals(0, DEVICE.bytesInUse());
        DEVICE.close();
    }

    private static ReferenceModel small(String name) {
        return ReferenceModels.of(name, ReferenceModels.Options.PUBLISHED.withImageSize(32).withClasses(10));
    }

    private static Network whole(ReferenceModel m) {
        Network n = m.network();
        return new Network(NOTHING, List.of(), (w, name, src) -> n.write(w, src).logits());
    }

    private static Network alone(Layer layer) {
        return new Network(NOTHING, List.of(), layer);
    }

    private static float[] run(Network network, Map<String, float[]> values, Shape image) {
        try (Inference net = new Inference(DEVICE, network, values, image, 2, false);
                Stream stream = DEVICE.openStream();
                Tensor in = DEVICE.tensor(net.bindings().get(Inference.IMAGES));
                Tensor out = DEVICE.tensor(net.bindings().get(Inference.LOGITS))) {
            float[] images = new float[Math.toIntExact(2 * image.elements())];
            for (int i = 0; i < images.length; i++) {
                images[i] = (float) Math.sin(i * 0.37);
            }
            in.set(images);
            net.bind(Inference.IMAGES, in);
            net.bind(Inference.LOGITS, out);
            net.run(stream);
            return out.toFloats();
        }
    }

    private static Map<String, float[]> initial(Network network, Shape image) {
        return TrainingState.initialValues(Inference.parameters(network, image), 5);
    }

    private static Map<String, Shape> shapes(Layer layer, Shape input) {
        Map<String, Shape> all = new HashMap<>();
        Inference.parameters(alone(layer), input).forEach(p -> all.put(p.name(), p.shape()));
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0", "resnet18", "resnet50", "cifar_resnet20", "vit_tiny"})
    void nothing_less_is_the_same_network_folded_as_before(String name) {
        ReferenceModel m = small(name);
        Network copy = alone(new Reduced(whole(m).head()));
        assertEquals(Set.copyOf(m.parameters()), Set.copyOf(Inference.parameters(copy, m.image())));
        assertEquals(m.cost(), Cost.of(Inference.graph(copy, m.image(), 1)));
        GraphWriter first = new GraphWriter(GraphWriter.Mode.FOLDED);
        GraphWriter second = new GraphWriter(GraphWriter.Mode.FOLDED);
        TensorSpec src = TensorSpec.f32(1, 3, 32, 32);
        first.graph().output("dst", m.network().write(first, first.graph().input("src", src)).logits());
        second.graph().output("dst", copy.write(second, second.graph().input("src", src)).logits());
        assertEquals(ops(first), ops(second), "ops that run");
    }

    private static List<Op> ops(GraphWriter w) {
        return w.graph().build().nodes().stream()
                .map(Node::op)
                .filter(op -> !(op instanceof Op.Variable) && !(op instanceof Op.Input))
                .sorted(Comparator.comparing(Object::toString))
                .toList();
    }

    @Test
    void the_logits_of_an_unreduced_network_are_its_own() {
        for (String name : new String[] {"mobilenet_v3_large", "cifar_resnet20"}) {
            ReferenceModel m = small(name);
            Map<String, float[]> values = initial(m.network(), m.image());
            assertArrayEquals(run(m.network(), values, m.image()), run(alone(new Reduced(whole(m).head())), values, m.image()), 1e-6f, name);
        }
    }

    @Test
    void a_residual_block_of_half_width_has_half_the_channels_inside() {
        Layer block = new Residual.Basic(32, 5, 1, Residual.Shortcut.ZERO_PADDING, Optional.empty(), Activation.RELU);
        Map<String, Shape> s = shapes(new Reduced(block, 0.5, 3, true), Shape.of(32, 8, 8));
        assertEquals(Shape.of(16, 32, 3, 3), s.get("conv1.weight"));
        assertEquals(Shape.of(16), s.get("bn1.running_var"));
        assertEquals(Shape.of(32, 16, 3, 3), s.get("conv2.weight"));
        assertEquals(Shape.of(32), s.get("bn2.weight"));
    }

    @Test
    void an_inverted_residual_loses_channels_kernel_and_attention() {
        Layer block = new Layers.InvertedResidual(
                true, 96, 24, 5, 1, 96, Optional.of(new ChannelAttention.SqueezeExcite(24, Activation.RELU, Activation.HSIGMOID)), Activation.HSWISH);
        Shape input = Shape.of(24, 8, 8);
        Map<String, Shape> s = shapes(new Reduced(block, 0.25, 3, true), input);
        assertEquals(Shape.of(24, 24, 1, 1), s.get("conv_pw.weight"));
        assertEquals(Shape.of(24, 1, 3, 3), s.get("conv_dw.weight"));
        assertEquals(Shape.of(8, 24, 1, 1), s.get("se.conv_reduce.weight"));
        assertEquals(Shape.of(24, 8, 1, 1), s.get("se.conv_expand.weight"));
        assertEquals(Shape.of(24), s.get("bn3.bias"));
        Map<String, Shape> without = shapes(new Reduced(block, 1, 3, false), input);
        assertEquals(Shape.of(96, 1, 3, 3), without.get("conv_dw.weight"));
        assertTrue(without.keySet().stream().noneMatch(n -> n.startsWith("se.")), without.toString());
    }

    @Test
    void an_encoder_gets_a_narrower_inner_layer_and_keeps_its_heads() {
        Map<String, Shape> s = shapes(new Reduced(new Transformer.Encoder(3, 96, Activation.GELU), 0.5, 3, true), Shape.of(24, 5, 1));
        assertEquals(Shape.of(48, 24), s.get("mlp.fc1.weight"));
        assertEquals(Shape.of(24, 48), s.get("mlp.fc2.weight"));
        assertEquals(Shape.of(72, 24), s.get("attn.qkv.weight"));
    }

    /** With option A, the channels that go past a block are those of the stages before, and as many zeros on both sides. */
    @Test
    void a_whole_network_scales_uniformly() {
        for (String name : new String[] {"cifar_resnet20", "mobilenet_v2", "mobilenet_v3_large", "resnet50"}) {
            ReferenceModel m = small(name);
            Network half = alone(new Reduced(whole(m).head(), 0.5, Reduced.ANY_KERNEL, true));
            Cost cost = Cost.of(Inference.graph(half, m.image(), 1));
            double share = cost.macs() / (double) m.cost().macs();
            assertTrue(share > 0.2 && share < 0.36, name + ": " + share + " of the MACs");
            assertEquals(20, run(half, initial(half, m.image()), m.image()).length);
        }
    }

    /** With 8, 16 and 32 channels: 67,032 weights of convolutions, 344 batch norms of two numbers, a classifier of 330. */
    @Test
    void half_a_resnet_has_the_parameters_of_one_that_was_made_so() {
        ReferenceModel m = small("cifar_resnet20");
        Network half = alone(new Reduced(whole(m).head(), 0.5, Reduced.ANY_KERNEL, true));
        assertEquals(67_032 + 2 * 344 + 330, Cost.of(Inference.graph(half, m.image(), 1)).params());
    }

    /** Channels whose filters are zero add nothing, so a network without them gives the same. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void the_largest_channels_are_inherited(boolean inverted) {
        Layer block = inverted
                ? new Layers.InvertedResidual(true, 32, 16, 3, 1, 32, Optional.empty(), Activation.RELU)
                : new Residual.Bottleneck(32, 16, 3, 1, Residual.Shortcut.PROJECTION, Optional.empty(), Activation.RELU);
        Shape input = Shape.of(16, 6, 6);
        Map<String, float[]> values = initial(alone(block), input);
        List<String> inside = inverted ? List.of("conv_pw", "conv_dw") : List.of("conv1", "conv2");
        for (int i = 0; i < inside.size(); i++) {
            float[] weight = values.get(inside.get(i) + ".weight");
            for (int c = 0; c < 32; c += 2) {
                Arrays.fill(weight, c * weight.length / 32, (c + 1) * weight.length / 32, 0);
            }
        }
        Reduced half = new Reduced(block, 0.5, Reduced.ANY_KERNEL, true);
        Map<String, float[]> inherited = half.inherited(values, input);
        for (ParameterSpec p : Inference.parameters(alone(half), input)) {
            assertEquals(p.shape().elements(), inherited.get(p.name()).length, p.name());
        }
        assertArrayEquals(flat(block, values, input), flat(half, inherited, input), 1e-5f);
    }

    private static float[] flat(Layer layer, Map<String, float[]> values, Shape input) {
        return run(alone((w, name, src) -> {
            Value x = layer.write(w, name, src);
            return w.graph().add(new Op.Reshape(Shape.of(x.shape().dim(0), Math.toIntExact(x.shape().elements() / x.shape().dim(0)))), x);
        }), values, input);
    }

    @Test
    void a_reduced_layer_is_written_for_training_with_batch_norms_of_its_own() {
        Layer block = new Reduced(new Residual.Basic(16, 3, 1, Residual.Shortcut.PROJECTION, Optional.empty(), Activation.RELU), 0.5, 3, true);
        GraphWriter w = new GraphWriter(GraphWriter.Mode.TRAIN);
        Value dst = block.write(w, "b.", w.graph().input("src", TensorSpec.f32(4, 16, 8, 8)));
        Graph g = w.graph().output("dst", dst).build();
        assertEquals(2, g.nodes().stream().filter(n -> n.op() instanceof Op.BatchNorm).count());
        assertTrue(g.bindings().containsKey("b.conv1.weight"), g.bindings().toString());
    }
}
