package donna.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Stream;
import donna.export.OnnxCheck;
import donna.export.OnnxExport;
import donna.format.Safetensors;
import donna.graph.Cost;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.model.ReferenceModel;
import donna.model.ReferenceModels;
import donna.nn.GraphWriter;
import donna.nn.Network;
import donna.nn.ParameterSpec;
import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.train.Inference;
import donna.train.Objective;
import donna.train.Optimizer;
import donna.train.Recipe;
import donna.train.Schedule;
import donna.train.TrainingState;
import donna.train.TrainingStep;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that PyTorch exported ({@code goldens.py} made them), beside PyTorch's own logits and ONNX Runtime's. */
class ImportedModelTest {
    /** Of a logit, between this engine and ONNX Runtime or PyTorch. */
    private static final double TOLERANCE = 1e-4;

    private static final Safetensors GOLDENS = Safetensors.read(Onnx.file("goldens.safetensors"));

    private static final Device DEVICE = Backends.open("reference", line -> {});

    @TempDir
    Path dir;

    @AfterAll
    static void nothingIsLeft() {
        assertEquals(0, DEVICE.bytesInUse());
        DEVICE.close();
    }

    static List<String> models() {
        return GOLDENS.tensors().keySet().stream().filter(n -> !n.equals("images")).sorted().toList();
    }

    private static float[] images(int count) {
        return Arrays.copyOf(GOLDENS.tensor("images").floats(), count * 3 * 16 * 16);
    }

    private static float[] logits(Network network, Map<String, float[]> values, float[] images) {
        int batch = images.length / (3 * 16 * 16);
        try (Inference net = new Inference(DEVICE, network, values, Shape.of(3, 16, 16), batch, false);
                Stream stream = DEVICE.openStream();
                Tensor in = DEVICE.tensor(net.bindings().get(Inference.IMAGES));
                Tensor out = DEVICE.tensor(net.bindings().get(Inference.LOGITS))) {
            in.set(images);
            net.bind(Inference.IMAGES, in);
            net.bind(Inference.LOGITS, out);
            net.run(stream);
            return out.toFloats();
        }
    }

    private static void assertClose(String what, float[] expected, float[] found) {
        assertEquals(expected.length, found.length, what);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found[i], TOLERANCE, what + ", element " + i);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void the_logits_are_pytorchs_for_any_batch(String name) {
        ImportedModel model = ImportedModel.read(Onnx.file(name + ".onnx"));
        assertEquals(Shape.of(3, 16, 16), model.image());
        assertEquals(5, model.classes());
        float[] expected = GOLDENS.tensor(name).floats();
        assertClose(name, expected, logits(model.network(), model.values(), images(3)));
        assertClose(name, Arrays.copyOf(expected, 5), logits(model.network(), model.values(), images(1)));
    }

    @ParameterizedTest
    @MethodSource("models")
    void the_logits_are_onnx_runtimes(String name) {
        Path file = Onnx.file(name + ".onnx");
        ImportedModel model = ImportedModel.read(file);
        float[] random = new float[3 * 16 * 16];
        for (int i = 0; i < random.length; i++) {
            random[i] = (float) Math.sin(i * 0.7) * 3;
        }
        float[] expected = OnnxCheck.run(file, Map.of("images", random)).get("logits");
        assertClose(name, expected, logits(model.network(), model.values(), random));
    }

    @ParameterizedTest
    @MethodSource("models")
    void what_is_exported_again_gives_the_same_logits_and_can_be_read_again(String name) {
        ImportedModel model = ImportedModel.read(Onnx.file(name + ".onnx"));
        int batch = 997;
        Graph graph = Inference.graph(model.network(), model.image(), batch);
        Path file = dir.resolve("again.onnx");
        OnnxExport.write(file, graph, model.values(), new OnnxExport.Header(name, "0", true, Map.of()));
        float[] expected = GOLDENS.tensor(name).floats();
        assertClose(name, expected, OnnxCheck.run(file, Map.of("images", images(3))).get("logits"));
        ImportedModel again = ImportedModel.read(file);
        assertClose(name, expected, logits(again.network(), again.values(), images(3)));
        assertEquals(elements(model.values()), elements(again.values()), "numbers in parameters");
    }

    /** Exported by this engine, read, exported again: the same numbers in ONNX Runtime, and the same cost. */
    @ParameterizedTest
    @ValueSource(strings = {"mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0", "resnet18", "cifar_resnet20", "vit_tiny"})
    void reference_models_come_back_the_same(String name) {
        ReferenceModel model = ReferenceModels.of(name, ReferenceModels.Options.PUBLISHED.withImageSize(32));
        Map<String, float[]> values = TrainingState.initialValues(model.parameters(), 3);
        Graph first = Inference.graph(model.network(), model.image(), 997);
        OnnxExport.Header header = new OnnxExport.Header(name, "0", true, Map.of());
        OnnxExport.write(dir.resolve("first.onnx"), first, values, header);
        ImportedModel read = ImportedModel.read(dir.resolve("first.onnx"));
        OnnxExport.write(dir.resolve("second.onnx"), Inference.graph(read.network(), read.image(), 997), read.values(), header);
        float[] images = new float[2 * 3 * 32 * 32];
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) Math.sin(i * 0.37);
        }
        float[] expected = OnnxCheck.run(dir.resolve("first.onnx"), Map.of("images", images)).get("logits");
        assertClose(name, expected, OnnxCheck.run(dir.resolve("second.onnx"), Map.of("images", images)).get("logits"));
        Cost cost = Cost.of(Inference.graph(model.network(), model.image(), 1));
        Cost found = Cost.of(Inference.graph(read.network(), read.image(), 1));
        assertEquals(cost.params(), found.params(), "parameters");
        assertEquals(cost.macs(), found.macs(), "MACs");
    }

    private static long elements(Map<String, float[]> values) {
        return values.values().stream().mapToLong(v -> v.length).sum();
    }

    @ParameterizedTest
    @MethodSource("models")
    void cut_where_it_may_be_cut_it_is_the_same_network(String name) {
        ImportedModel model = ImportedModel.read(Onnx.file(name + ".onnx"));
        Network everywhere = model.network(model.boundaries().stream().map(ImportedModel.Boundary::name).toList());
        assertEquals(Math.max(0, model.boundaries().size() - 1), everywhere.blocks().size());
        assertArrayEquals(
                logits(model.network(), model.values(), images(2)), logits(everywhere, model.values(), images(2)), name);
    }

    @Test
    void blocks_end_where_the_image_gets_smaller() {
        ImportedModel mobile = ImportedModel.read(Onnx.file("mobile-relu6-12.onnx"));
        Network cut = mobile.network(mobile.automaticCuts());
        assertEquals(
                List.of(Shape.of(8, 8, 8), Shape.of(8, 8, 8), Shape.of(12, 4, 4)),
                Inference.boundaryShapes(cut, mobile.image()));
        ImportedModel residual = ImportedModel.read(Onnx.file("residual-18.onnx"));
        assertEquals(
                List.of(Shape.of(8, 8, 8), Shape.of(8, 4, 4), Shape.of(12, 2, 2)),
                Inference.boundaryShapes(residual.network(residual.automaticCuts()), residual.image()));
        List<String> backwards = mobile.automaticCuts().reversed();
        String m = assertThrows(DonnaException.InvalidInput.class, () -> mobile.network(backwards)).getMessage();
        assertTrue(m.contains("it cannot be cut at '" + backwards.get(1) + "' after '" + backwards.get(0) + "'"), m);
    }

    @Test
    void what_a_tool_wrote_out_is_put_together_again() {
        assertEquals(
                Map.of("Conv2d", 11L, "Linear", 7L, "ChannelScale", 3L, "GlobalAveragePool", 4L),
                ops("mobile-silu-17", GraphWriter.Mode.FOLDED, "Conv2d", "Linear", "ChannelScale", "GlobalAveragePool", "Add", "Multiply"));
        for (String name : List.of("transformer-12", "transformer-17")) {
            assertEquals(
                    Map.of("LayerNorm", 3L, "Linear", 5L, "Activate", 1L, "Softmax", 1L),
                    ops(name, GraphWriter.Mode.FOLDED, "LayerNorm", "Linear", "Activate", "Softmax"));
        }
    }

    private static Map<String, Long> ops(String name, GraphWriter.Mode mode, String... counted) {
        ImportedModel model = ImportedModel.read(Onnx.file(name + ".onnx"));
        GraphWriter w = new GraphWriter(mode);
        Value images = w.graph().input("images", TensorSpec.f32(1, 3, 16, 16));
        Graph graph = w.graph().output("logits", model.network().write(w, images).logits()).build();
        return graph.nodes().stream()
                .map(n -> n.op().getClass().getSimpleName())
                .filter(Arrays.asList(counted)::contains)
                .collect(Collectors.groupingBy(op -> op, Collectors.counting()));
    }

    @Test
    void parameters_are_the_stored_tensors() {
        ImportedModel model = ImportedModel.read(Onnx.file("mobile-silu-17.onnx"));
        List<ParameterSpec> all = Inference.parameters(model.network(), model.image());
        assertEquals(model.values().keySet(), all.stream().map(ParameterSpec::name).collect(Collectors.toSet()));
        ParameterSpec mean = all.stream().filter(p -> p.name().equals("bn.running_mean")).findFirst().orElseThrow();
        assertTrue(!mean.trainable() && mean.shape().equals(Shape.of(8)), mean.toString());
        long stored = all.stream().filter(ParameterSpec::trainable).mapToLong(p -> p.shape().elements()).sum();
        assertEquals(stored, Cost.of(Inference.graph(model.network(), model.image(), 1)).params());
    }

    // ---- training on

    private static Objective crossEntropy(Network network, int batch) {
        return w -> {
            Value images = w.graph().input("images", TensorSpec.f32(batch, 3, 16, 16));
            Value labels = w.graph().input("labels", TensorSpec.of(DType.I32, Shape.of(batch)));
            return w.graph().add(new Op.CrossEntropy(0), network.write(w, images).logits(), labels);
        };
    }

    @ParameterizedTest
    @MethodSource("models")
    void gradients_are_finite_differences(String name) {
        ImportedModel model = ImportedModel.read(Onnx.file(name + ".onnx"));
        Map<String, double[]> values = new HashMap<>();
        model.values().forEach((n, v) -> values.put(n, Onnx.doubles(v)));
        values.put("images", Onnx.doubles(images(2)));
        values.put("labels", new double[] {1, 3});
        values.put(GraphWriter.MOMENTUM, new double[] {0.1});
        Onnx.checkGradients(DEVICE, name, crossEntropy(model.network(), 2), values);
    }

    @ParameterizedTest
    @MethodSource("models")
    void it_learns_further(String name) {
        ImportedModel model = ImportedModel.read(Onnx.file(name + ".onnx"));
        Objective objective = crossEntropy(model.network(), 3);
        Recipe recipe = Recipe.of(new Optimizer.AdamW(0.9f, 0.999f, 1e-8f, 0), new Schedule(0.02, 0, new Schedule.Cosine()));
        try (TrainingState state = TrainingState.start(DEVICE, TrainingStep.parameters(objective), model.values(), recipe);
                TrainingStep step = TrainingStep.compile(DEVICE, objective, recipe, state);
                Stream stream = DEVICE.openStream();
                Tensor images = DEVICE.tensor(TensorSpec.f32(3, 3, 16, 16));
                Tensor labels = DEVICE.tensor(TensorSpec.of(DType.I32, Shape.of(3)))) {
            images.set(images(3));
            labels.set(0, 2, 4);
            step.bind("images", images);
            step.bind("labels", labels);
            double first = step.run(stream, 0, 20);
            double last = first;
            for (int i = 1; i < 20; i++) {
                last = step.run(stream, i, 20);
            }
            assertTrue(last < 0.75 * first, name + ": the loss went from " + first + " to " + last);
        }
    }
}
