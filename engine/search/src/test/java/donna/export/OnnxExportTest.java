package donna.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import donna.backend.Backends;
import donna.backend.Device;
import donna.data.Normalization;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.nn.Layer;
import donna.nn.Layers;
import donna.nn.Network;
import donna.tensor.Activation;
import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Layout;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import donna.testkit.CaseRunner;
import donna.testkit.OpCase;
import donna.testkit.OpCatalogue;
import donna.testkit.Tolerance;
import donna.testkit.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxExportTest {
    private static final OnnxExport.Header FIXED = new OnnxExport.Header("case", "0", false, Map.of());

    @TempDir
    Path dir;

    /**
     * The network of the default space's family: stem, MBConv with squeeze-excite, grouped, fused and head, in
     * every mode of inference.
     */
    private static Graph network(GraphWriter w, int batch) {
        Layer stem = new Layers.ConvNorm("conv_stem", "bn1", 8, 3, 2, Activation.SWISH);
        List<Layer> blocks = List.of(
                new Layers.Sequential(List.of(
                        new Layers.InvertedResidual(true, 32, 12, 5, 1, 32, 2, Activation.SWISH),
                        new Layers.InvertedResidual(true, 24, 12, 3, 1, 24, 0, Activation.RELU))),
                new Layers.Sequential(List.of(
                        new Layers.InvertedResidual(true, 24, 16, 3, 2, 3, 0, Activation.HSWISH),
                        new Layers.InvertedResidual(false, 32, 16, 3, 1, 1, 4, Activation.RELU6))));
        Value images = w.graph().input("images", TensorSpec.f32(batch, 3, 13, 10));
        Network.Written written =
                new Network(stem, blocks, new Layers.Head(40, 1, Activation.GELU, 7)).write(w, images);
        w.graph().output("logits", written.logits());
        w.graph().output("features", written.boundaries().getLast(), new Layout(16));
        return w.graph().build();
    }

    private static Map<String, float[]> values(Graph graph) {
        Map<String, float[]> all = new HashMap<>();
        graph.bindings().forEach((name, spec) -> {
            if (!graph.outputs().containsKey(name)) {
                Values v = name.contains("var") ? Values.POSITIVE : Values.normal(0, name.contains("images") ? 1 : 0.3);
                double[] d = v.generate(name, (int) spec.shape().elements());
                all.put(name, floats(d));
            }
        });
        return all;
    }

    private static float[] floats(double[] d) {
        float[] f = new float[d.length];
        for (int i = 0; i < d.length; i++) {
            f[i] = (float) d[i];
        }
        return f;
    }

    private static Map<String, float[]> reference(Graph graph, Map<String, float[]> values) {
        Map<String, double[]> doubles = new HashMap<>();
        values.forEach((name, v) -> {
            double[] d = new double[v.length];
            Arrays.setAll(d, i -> v[i]);
            doubles.put(name, d);
        });
        Map<String, float[]> out = new HashMap<>();
        try (Device device = Backends.open("reference", line -> {})) {
            Map<String, double[]> all = CaseRunner.once(device, new OpCase.Written(graph, doubles, 1));
            graph.outputs().keySet().forEach(name -> out.put(name, floats(all.get(name))));
            assertEquals(0, device.bytesInUse());
        }
        return out;
    }

    @Test
    void aWholeNetworkGivesTheSameLogitsInOnnxRuntime() {
        for (GraphWriter.Mode mode : new GraphWriter.Mode[] {GraphWriter.Mode.INFERENCE, GraphWriter.Mode.FOLDED}) {
            Graph graph = network(new GraphWriter(mode), 2);
            Map<String, float[]> values = values(graph);
            Path file = dir.resolve(mode + ".onnx");
            OnnxExport.write(file, graph, values, FIXED);
            double worst =
                    OnnxCheck.maxAbsDifference(file, Map.of("images", values.get("images")), reference(graph, values));
            assertTrue(worst < 1e-5, mode + ": " + worst);
        }
    }

    @Test
    void aBatchLeftOpenTakesAnyNumberOfImages() {
        Graph two = network(new GraphWriter(GraphWriter.Mode.INFERENCE), 2);
        Path file = dir.resolve("open.onnx");
        Map<String, float[]> values = values(two);
        OnnxExport.write(file, two, values, new OnnxExport.Header("open", "0", true, Map.of()));
        Graph five = network(new GraphWriter(GraphWriter.Mode.INFERENCE), 5);
        Map<String, float[]> more = new HashMap<>(values);
        more.put("images", values(five).get("images"));
        double worst = OnnxCheck.maxAbsDifference(file, Map.of("images", more.get("images")), reference(five, more));
        assertTrue(worst < 1e-5, "" + worst);
        Path fixed = dir.resolve("fixed.onnx");
        OnnxExport.write(fixed, two, values, FIXED);
        assertThrows(
                DonnaException.InvalidInput.class, () -> OnnxCheck.run(fixed, Map.of("images", more.get("images"))));
    }

    @Test
    void everyOpOfTheCatalogueIsExportedOrRefusedByName() {
        Set<String> exported = new TreeSet<>();
        Set<String> refused = new TreeSet<>();
        try (Device device = Backends.open("reference", line -> {})) {
            for (OpCase c : OpCatalogue.all()) {
                OpCase.Written f32 = c.forward(DType.F32, Layout.PLAIN);
                Map<String, float[]> values = new HashMap<>();
                f32.values().forEach((name, v) -> values.put(name, floats(v)));
                Path file = dir.resolve("case.onnx");
                Set<String> ops = f32.graph().nodes().stream()
                        .map(n -> n.op().getClass().getSimpleName())
                        .collect(Collectors.toSet());
                try {
                    OnnxExport.write(file, f32.graph(), values, FIXED);
                } catch (DonnaException.InvalidInput e) {
                    assertTrue(ops.stream().anyMatch(e.getMessage()::contains), c.name() + ": " + e.getMessage());
                    refused.addAll(ops);
                    continue;
                }
                exported.addAll(ops);
                compare(device, c, f32, values, file);
            }
        }
        // Backward ops are in no case of their own but in what the catalogue differentiates.
        for (OpCase c : OpCatalogue.all()) {
            if (c.hasGradient()) {
                for (Node n : c.gradient(DType.F32, Layout.PLAIN).graph().nodes()) {
                    refused.add(n.op().getClass().getSimpleName());
                    if (!exported.contains(n.op().getClass().getSimpleName())) {
                        refusedAlone(n);
                    }
                }
            }
        }
        refused.removeAll(exported);
        for (Class<?> op : Op.class.getPermittedSubclasses()) {
            String name = op.getSimpleName();
            assertTrue(exported.contains(name) || refused.contains(name), name + " is in no case");
        }
        assertEquals(
                Set.of(
                        "Activate",
                        "Add",
                        "AddEach",
                        "AveragePool",
                        "BatchNormInference",
                        "ChannelScale",
                        "Concat",
                        "Conv2d",
                        "Fill",
                        "GlobalAveragePool",
                        "Input",
                        "LayerNorm",
                        "Linear",
                        "MatMul",
                        "MaxPool",
                        "Multiply",
                        "Pad",
                        "Reshape",
                        "Scale",
                        "ScaleBy",
                        "Slice",
                        "Softmax",
                        "SumExcept",
                        "Transpose",
                        "Variable"),
                exported);
    }

    private static void refusedAlone(Node n) {
        OnnxModel model = new OnnxModel("alone", 0);
        String m = assertThrows(DonnaException.InvalidInput.class, () -> new OnnxOps(model, Map.of()).write(n))
                .getMessage();
        assertTrue(m.contains(n.op().getClass().getSimpleName()) && m.contains("training"), m);
    }

    private static void compare(Device device, OpCase c, OpCase.Written f32, Map<String, float[]> values, Path file) {
        Map<String, double[]> exact = CaseRunner.once(device, c.forward(DType.F64, Layout.PLAIN));
        Map<String, float[]> inputs = new LinkedHashMap<>();
        for (Node n : f32.graph().nodes()) {
            if (n.op() instanceof Op.Input in) {
                inputs.put(in.name(), values.get(in.name()));
            }
        }
        Map<String, float[]> found = OnnxCheck.run(file, inputs);
        Tolerance tolerance = Tolerance.of(DType.F32, f32.reductionLength());
        for (String name : f32.graph().outputs().keySet()) {
            double[] got = new double[found.get(name).length];
            Arrays.setAll(got, i -> found.get(name)[i]);
            tolerance.check(c.name() + ", " + name, exact.get(name), got);
        }
    }

    @Test
    void theFileSaysWhatItIsAndEqualInputGivesEqualBytes() throws IOException {
        Graph graph = network(new GraphWriter(GraphWriter.Mode.FOLDED), 1);
        Map<String, float[]> values = values(graph);
        ModelCard card = new ModelCard(
                List.of("a", "b"), new Normalization(new float[] {.5f, .25f, 0}, new float[] {1, 2, .125f}), Shape.of(3, 13, 10));
        Map<String, String> about = card.metadata();
        OnnxExport.Header header = new OnnxExport.Header("mine", "1.2.3", true, about);
        OnnxExport.write(dir.resolve("a.onnx"), graph, values, header);
        OnnxExport.write(dir.resolve("b.onnx"), graph, new HashMap<>(values), header);
        byte[] bytes = Files.readAllBytes(dir.resolve("a.onnx"));
        assertArrayEquals(bytes, Files.readAllBytes(dir.resolve("b.onnx")));
        ModelProto model = ModelProto.parseFrom(bytes);
        assertEquals("donna 1.2.3", model.getProducerName() + " " + model.getProducerVersion());
        assertEquals(17, model.getOpsetImport(0).getVersion());
        Map<String, String> read =
                model.getMetadataPropsList().stream().collect(Collectors.toMap(p -> p.getKey(), p -> p.getValue()));
        assertEquals("a\nb", read.get("classes"));
        assertEquals("0.5,0.25,0.0", read.get("mean"));
        assertEquals("1.0,2.0,0.125", read.get("std"));
        assertEquals("3,13,10", read.get("size"));
        ModelCard found = ModelCard.of("it", read, card.image()).orElseThrow();
        assertEquals(card.metadata(), found.metadata());
        assertEquals(Optional.empty(), ModelCard.of("it", Map.of("mean", "1"), card.image()));
        String wrong = assertThrows(
                        DonnaException.InvalidInput.class, () -> ModelCard.of("it", read, card.image().with(0, 1)))
                .getMessage();
        assertTrue(wrong.contains("'mean' is '0.5,0.25,0.0'; expected 1 numbers"), wrong);
        assertEquals(
                "batch",
                model.getGraph()
                        .getInput(0)
                        .getType()
                        .getTensorType()
                        .getShape()
                        .getDim(0)
                        .getDimParam());
    }

    @Test
    void anInputThatIsAlsoAnOutputAndAValueWithTwoNamesAreKept() {
        Graph.Builder b = new Graph.Builder();
        Value x = b.input("x", TensorSpec.f32(2, 3));
        Value y = b.add(new Op.Scale(2), x);
        Graph graph = b.output("same", x).output("twice", y).output("again", y).build();
        Path file = dir.resolve("alias.onnx");
        OnnxExport.write(file, graph, Map.of(), FIXED);
        float[] in = {1, 2, 3, 4, 5, 6};
        float[] doubled = {2, 4, 6, 8, 10, 12};
        assertEquals(
                0,
                OnnxCheck.maxAbsDifference(
                        file, Map.of("x", in), Map.of("same", in, "twice", doubled, "again", doubled)));
    }

    @Test
    void whatIsRepeatedForEveryImageFollowsAnOpenBatch() {
        int batch = 11;
        Graph.Builder b = new Graph.Builder();
        Value x = b.input("x", TensorSpec.f32(batch, 2, 3));
        Value token = b.variable("token", TensorSpec.f32(1, 3));
        Value ones = b.add(new Op.Fill(1, TensorSpec.f32(batch, 1)));
        Value tokens = b.add(new Op.Reshape(Shape.of(batch, 1, 3)), b.add(new Op.MatMul(false, false), ones, token));
        Value all = b.add(new Op.Concat(1), tokens, x);
        Value shifted = b.add(new Op.Add(), all, b.add(new Op.Fill(10, TensorSpec.f32(batch, 3, 3))));
        Value turned = b.add(new Op.Transpose(List.of(1, 0, 2)), shifted);
        Value last = b.add(new Op.Slice(List.of(2, 0, 0), List.of(1, 1, 1), Shape.of(1, batch, 3)), turned);
        Graph graph = b.output("all", shifted).output("last", b.add(new Op.Reshape(Shape.of(batch, 3)), last)).build();
        Path file = dir.resolve("rows.onnx");
        OnnxExport.write(file, graph, Map.of("token", new float[] {7, 8, 9}), new OnnxExport.Header("rows", "0", true, Map.of()));
        float[] in = {1, 2, 3, 4, 5, 6};
        float[] expected = {17, 18, 19, 11, 12, 13, 14, 15, 16};
        assertEquals(0, OnnxCheck.maxAbsDifference(file, Map.of("x", in), Map.of("all", expected, "last", new float[] {14, 15, 16})));
        float[] two = Arrays.copyOf(in, 12);
        assertEquals(18, OnnxCheck.run(file, Map.of("x", two)).get("all").length);
    }

    @Test
    void mistakesAreNamed() throws IOException {
        Graph graph = network(new GraphWriter(GraphWriter.Mode.INFERENCE), 1);
        Map<String, float[]> values = values(graph);
        values.remove("classifier.bias");
        Path file = dir.resolve("x.onnx");
        String m = assertThrows(DonnaException.InvalidInput.class, () -> OnnxExport.write(file, graph, values, FIXED))
                .getMessage();
        assertTrue(m.contains("'classifier.bias' [7] has no values"), m);
        Graph training = network(new GraphWriter(GraphWriter.Mode.TRAIN), 2);
        m = assertThrows(
                        DonnaException.InvalidInput.class,
                        () -> OnnxExport.write(file, training, values(training), FIXED))
                .getMessage();
        assertTrue(m.contains("'bn1' is a BatchNorm, an op of training"), m);
        Files.write(file, new byte[] {1, 2, 3});
        assertThrows(DonnaException.InvalidInput.class, () -> OnnxCheck.run(file, Map.of()));
        assertThrows(DonnaException.InvalidInput.class, () -> OnnxCheck.run(dir.resolve("absent"), Map.of()));
        assertEquals(
                Optional.empty(),
                Files.list(dir).filter(p -> p.toString().endsWith(".tmp")).findFirst());
    }
}
