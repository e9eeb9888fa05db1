package donna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.data.Normalization;
import donna.export.ModelCard;
import donna.export.OnnxExport;
import donna.graph.Cost;
import donna.graph.Graph;
import donna.nn.Layers;
import donna.nn.Network;
import donna.spec.Json;
import donna.tensor.Activation;
import donna.tensor.Shape;
import donna.train.Inference;
import donna.train.TrainingState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs that take a model as an ONNX file. */
class OnnxModelsTest {
    private static final Shape IMAGE = Shape.of(3, 8, 8);

    @TempDir
    static Path folder;

    private static Cost cost;

    private final CapturedConsole captured = new CapturedConsole(false);

    /** A network of two classes that says "b" where an image is bright, and one image of each class. */
    @BeforeAll
    static void write() throws IOException {
        Network network = new Network(
                new Layers.ConvNorm("conv_stem", "bn1", 4, 3, 2, Activation.RELU),
                List.of(new Layers.InvertedResidual(true, 8, 6, 3, 2, 8, 0, Activation.SWISH)),
                new Layers.Head(8, 1, Activation.RELU, 2));
        Map<String, float[]> values = TrainingState.initialValues(Inference.parameters(network, IMAGE), 1);
        for (String name : List.of("conv_stem.weight", "blocks.0.conv_pw.weight", "blocks.0.conv_dw.weight", "blocks.0.conv_pwl.weight", "conv_head.weight")) {
            Arrays.fill(values.get(name), 0.1f);
        }
        Arrays.fill(values.get("classifier.weight"), 0, 8, -1f);
        Arrays.fill(values.get("classifier.weight"), 8, 16, 1f);
        values.put("classifier.bias", new float[] {0.01f, -0.01f});
        Graph graph = Inference.graph(network, IMAGE, 1);
        cost = Cost.of(graph);
        ModelCard card = new ModelCard(List.of("a", "b"), Normalization.none(3), IMAGE);
        OnnxExport.write(folder.resolve("said.onnx"), graph, values, new OnnxExport.Header("said", "0", false, card.metadata()));
        OnnxExport.write(folder.resolve("unsaid.onnx"), graph, values, new OnnxExport.Header("unsaid", "0", false, Map.of()));
        for (String part : List.of("train", "test")) {
            image(part + "/a/0.png", 0);
            image(part + "/b/0.png", 255);
        }
    }

    /** A PNG of one colour. */
    private static void image(String name, int level) throws IOException {
        byte[] rows = new byte[8 * (1 + 24)];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (byte) (i % 25 == 0 ? 0 : level);
        }
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(data)) {
            deflater.write(rows);
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        png.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10});
        chunk(png, "IHDR", new byte[] {0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0});
        chunk(png, "IDAT", data.toByteArray());
        chunk(png, "IEND", new byte[0]);
        Path file = folder.resolve("images").resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, png.toByteArray());
    }

    private static void chunk(ByteArrayOutputStream png, String type, byte[] data) throws IOException {
        byte[] body = ByteBuffer.allocate(4 + data.length).put(type.getBytes(StandardCharsets.US_ASCII)).put(data).array();
        CRC32 crc = new CRC32();
        crc.update(body);
        png.write(ByteBuffer.allocate(4).putInt(data.length).array());
        png.write(body);
        png.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    private int run(String... args) {
        return Main.run(captured.console, args);
    }

    private static String file(String name) {
        return folder.resolve(name).toString();
    }

    private static double number(Map<?, ?> from, String key) {
        return ((Number) from.get(key)).doubleValue();
    }

    @Test
    void describeTellsLayersCostAndCuts() {
        assertEquals(0, run("describe", file("said.onnx"), "--json"), captured.err());
        Map<?, ?> found = Json.parse(captured.out(), Map.class);
        assertEquals(cost.macs(), number(found, "macs"));
        assertEquals(cost.params(), number(found, "params"));
        assertEquals("a\nb", ((Map<?, ?>) found.get("metadata")).get("classes"));
        List<Object> ends = ((List<?>) found.get("cuts")).stream()
                .map(c -> (Map<?, ?>) c)
                .filter(c -> Boolean.TRUE.equals(c.get("automatic")))
                .map(c -> (Object) c.get("shape"))
                .toList();
        assertEquals(List.of(List.of(4, 4, 4), List.of(6, 2, 2)), ends);
    }

    @Test
    void measureTimesTheModelAndItsParts() {
        assertEquals(0, run("measure", file("said.onnx"), "--device", "reference", "--json"), captured.err());
        Map<?, ?> found = Json.parse(captured.out(), Map.class);
        assertEquals(List.of("model", "stem", "block 0", "head"), List.copyOf(found.keySet()));
        found.keySet().forEach(k -> assertTrue(number(found, (String) k) > 0, found.toString()));
    }

    @Test
    void evaluateTakesTheNormalisationFromTheFileOrTheUser() {
        String[] data = {"--data", file("images"), "--cache", file("cache"), "--device", "reference", "--json"};
        for (List<String> how : List.of(List.of("said.onnx"), List.of("unsaid.onnx", "--mean", "0,0,0", "--std", "1,1,1"))) {
            CapturedConsole console = new CapturedConsole(false);
            List<String> all = new ArrayList<>(List.of("evaluate", file(how.getFirst())));
            all.addAll(how.subList(1, how.size()));
            all.addAll(List.of(data));
            assertEquals(0, Main.run(console.console, all.toArray(String[]::new)), console.err());
            Map<?, ?> accuracy = (Map<?, ?>) Json.parse(console.out(), Map.class).get(file(how.getFirst()));
            assertEquals(2, number(accuracy, "images"));
            assertEquals(1, number(accuracy, "top1"));
        }
        assertEquals(1, run("evaluate", file("unsaid.onnx"), "--data", file("images"), "--device", "reference"));
        assertTrue(captured.err().contains("does not say how its images are normalised; give --mean and --std, 3 numbers each"), captured.err());
    }

    @Test
    void anOnnxFileWithoutDataIsWrongUsage() {
        assertEquals(2, run("evaluate", file("said.onnx")));
        assertTrue(captured.err().contains("--data"), captured.err());
    }
}
