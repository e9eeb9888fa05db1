package donna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Stream;
import donna.distill.Networks;
import donna.export.OnnxCheck;
import donna.export.OnnxExport;
import donna.format.HostTensor;
import donna.format.Safetensors;
import donna.graph.Mask;
import donna.model.ReferenceModel;
import donna.model.ReferenceModels;
import donna.nn.Network;
import donna.report.Summary;
import donna.space.Architecture;
import donna.space.SearchSpace;
import donna.spec.SearchSpec;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.train.Inference;
import donna.train.TrainingState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole searches around reference models on the CPU backend: residual, shifted, attentive and composed blocks, and a transformer's. */
class ReferenceSearchIT {
    private static final String REST = """
            distill: {train: {epochs: 1, images: 96, batch: 32, lr: 0.005}, validation: 64}
            recalibrate: {images: 64, batch: 32}
            predictor: {architectures: 4, pool: 8, train: {epochs: 1, images: 64, batch: 32, lr: 0.001}}
            latency: {threads: 1, batches: [2], objective: 2, seconds_per_block: 0.0001, seconds_per_network: 0.0001, check_networks: 2}
            search: {population: 8, generations: 3, objectives: [accuracy, macs]}
            finetune: {latency_shares: [0.9], train: {epochs: 1, images: 64, batch: 32, lr: 0.001}}
            compare: {random: 1, scratch: false}
            """;
    private static final String RESIDUAL = """
            dataset: {name: cifar-binary, path: DATA, train: 128, validation: 64}
            model: {reference: {name: cifar_resnet20, classes: 10, cut: [layer1.0, layer2.0, layer3.0]}}
            teacher: {train: {epochs: 1, images: 128, batch: 32, lr: 0.01}}
            space:
              families:
                pool-mix:
                  ops:
                    - {op: conv, channels: hidden}
                    - {op: average-pool, kernel: kernel, stride: true}
                    - {op: eca}
                    - {op: conv, channels: out, act: none}
              candidates:
                - {type: basic, kernel: 3, depth: 1, se: eca}
                - {type: bottleneck, kernel: 3, expand: 2, depth: 1}
                - {type: mbconv, kernel: 5, expand: 2, depth: 1, se: hard_se, act: hswish}
                - {type: shift, kernel: 3, expand: 2, depth: 1, se: true}
                - {type: composed, family: pool-mix, kernel: 3, expand: 1, depth: 2, act: relu6}
            """ + REST;
    /** Budgets under which the examples' specs take seconds. */
    private static final Map<String, String> TINY = Map.ofEntries(
            Map.entry("distill", "{train: {epochs: 1, images: 96, batch: 32, lr: 0.002}, validation: 64}"),
            Map.entry("recalibrate", "{images: 64, batch: 32}"),
            Map.entry("predictor", "{architectures: 4, pool: 8, train: {epochs: 1, images: 64, batch: 32, lr: 0.001}}"),
            Map.entry("latency", "{threads: 1, batches: [2], seconds_per_block: 0.0001, seconds_per_network: 0.0001, check_networks: 2}"),
            Map.entry("search", "{population: 8, generations: 3, objectives: [accuracy, macs]}"),
            Map.entry("finetune", "{latency_shares: [0.9], train: {epochs: 1, images: 64, batch: 32, lr: 0.001}}"),
            Map.entry("compare", "{random: 0, widths: [0.5, 1.0], scratch: false}"));

    @TempDir
    static Path folder;

    /** Four kinds of coloured stripes in noise, 32x32. */
    @BeforeAll
    static void data() throws IOException {
        Files.createDirectories(folder.resolve("data"));
        records("data_batch_1.bin", 192, 1);
        records("test_batch.bin", 64, 2);
    }

    private static void records(String file, int images, long seed) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < images; i++) {
            long key = Mask.mix(Mask.mix(seed) ^ i);
            int label = (int) Math.unsignedMultiplyHigh(key, 4);
            out.write(label);
            for (int p = 0; p < 3 * 1024; p++) {
                int phase = label % 2 == 0 ? p % 32 : p % 1024 / 32;
                boolean bright = phase % 8 < 4 ^ (label > 1 && p >= 1024);
                out.write((int) (Math.unsignedMultiplyHigh(Mask.mix(key ^ (1L + p)), 150) + (bright ? 100 : 0)));
            }
        }
        Files.write(folder.resolve("data").resolve(file), out.toByteArray());
    }

    private static Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text.replace("DATA", "'" + folder.resolve("data") + "'"));
    }

    private static Summary search(String name, String text) throws IOException {
        Path run = folder.resolve(name);
        Summary s = TinySearch.search(write(name + ".yaml", text), run, TinySearch.Wish.plain().withComparisons());
        s.library().blocks().forEach(b -> {
            assertTrue(b.failed().isEmpty(), b.toString());
            b.candidates().forEach(c -> assertTrue(c.nsr() > 0 && c.nsr() < 3, c.toString()));
        });
        assertFalse(s.models().isEmpty());
        s.models().forEach(m -> assertTrue(m.onnxMaxAbsDiff() < 1e-4, m.toString()));
        return s;
    }

    @Test
    void a_resnet_is_the_teacher_of_many_families() throws IOException {
        Summary s = search("residual", RESIDUAL);
        assertEquals(15, s.library().candidates());
        assertEquals(ReferenceModels.of("cifar_resnet20", ReferenceModels.Options.PUBLISHED.withClasses(10)).cost().params(), s.teacher().params());
    }

    private static Summary example(String name, Map<String, String> more) {
        Map<String, String> set = new TreeMap<>(TINY);
        set.put("dataset", "{name: cifar-binary, path: '" + folder.resolve("data") + "', train: 128, validation: 64, augment: {flip: true, pad_crop: 4}}");
        set.putAll(more);
        TinySearch.Wish wish = TinySearch.Wish.plain().withComparisons();
        for (Map.Entry<String, String> e : set.entrySet()) {
            wish = wish.with(e.getKey(), e.getValue());
        }
        Summary s = TinySearch.search(Path.of("../../examples/specs", name + ".yaml"), folder.resolve(name), wish);
        s.library().blocks().forEach(b -> assertTrue(b.failed().isEmpty(), b.toString()));
        assertFalse(s.models().isEmpty());
        s.models().forEach(m -> assertTrue(m.onnxMaxAbsDiff() < 1e-4, m.toString()));
        return s;
    }

    @Test
    void a_transformer_trains_is_searched_and_exported() {
        Summary s = example("vit", Map.of("teacher.train", "{epochs: 2, images: 128, batch: 32, lr: 0.001}"));
        assertEquals(12, s.library().candidates());
        assertTrue(s.teacher().top1() > 0.3, "better than chance among the four kinds: " + s.teacher());
        s.library().blocks().forEach(b -> assertEquals(
                1, b.candidates().stream().filter(c -> c.nsr() == 0).count(), "two encoders of full width are the teacher's own: " + b));
    }

    @Test
    void a_teacher_with_weights_is_finetuned_before_its_blocks_are_distilled() {
        ReferenceModel m = ReferenceModels.of("cifar_resnet56", ReferenceModels.Options.PUBLISHED);
        Map<String, float[]> values = TrainingState.initialValues(m.parameters(), 1);
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        m.parameters().forEach(p -> tensors.put(p.name(), HostTensor.of(p.shape(), values.get(p.name()))));
        Path weights = folder.resolve("resnet56.safetensors");
        Safetensors.write(weights, tensors, Map.of());
        Summary s = example("resnet56", Map.of(
                "teacher.weights", "'" + weights + "'",
                "teacher.train", "{epochs: 1, images: 64, batch: 32, lr: 0.0001}",
                "space.candidates", "[{type: own, depth: [1, 2], width: 0.5}, {type: basic, kernel: 3, depth: 1}, {type: mbconv, kernel: 3, expand: 2, depth: 1}]"));
        assertEquals(m.cost().params(), s.teacher().params());
        assertEquals(20, s.library().candidates());
        float[] before = values.get("layer2.3.conv1.weight");
        float[] after = Safetensors.read(folder.resolve("resnet56/teacher/model.safetensors")).tensor("layer2.3.conv1.weight").floats();
        double moved = 0;
        for (int i = 0; i < before.length; i++) {
            moved = Math.max(moved, Math.abs(after[i] - before[i]));
        }
        assertTrue(moved > 1e-5 && moved < 1e-3, "two steps of AdamW move each weight by about the learning rate: " + moved);
    }

    @Test
    void every_family_gives_the_same_logits_in_onnx_runtime_whatever_the_batch() throws IOException {
        SearchSpec spec = SearchSpec.read(write("families.yaml", RESIDUAL));
        SearchSpace space = SearchSpace.of(spec);
        for (int c = 0; c < space.candidates().getFirst().size(); c++) {
            Architecture a = new Architecture(c, c, c);
            compare(space.name(a), Networks.of(spec, space, a), Shape.of(3, 32, 32));
        }
    }

    @Test
    void reference_models_give_the_same_logits_in_onnx_runtime() throws IOException {
        for (String name : new String[] {"mobilenet_v3_large", "efficientnet_b0", "resnet18", "cifar_resnet20", "vit_tiny"}) {
            ReferenceModel m = ReferenceModels.of(name, ReferenceModels.Options.PUBLISHED.withImageSize(64).withClasses(10));
            compare(name, m.network(), m.image());
        }
    }

    private static void compare(String name, Network network, Shape image) {
        int batch = 5;
        Map<String, float[]> values = TrainingState.initialValues(Inference.parameters(network, image), 1);
        float[] images = new float[Math.toIntExact(batch * image.elements())];
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) ((Mask.mix(i) >>> 11) * 0x1p-52 - 1);
        }
        Path file = folder.resolve("model.onnx");
        OnnxExport.write(file, Inference.graph(network, image, 997), values, new OnnxExport.Header(name, "test", true, Map.of()));
        float[] logits;
        try (Device device = Backends.open("cpu", line -> {});
                Stream stream = device.openStream();
                Inference net = new Inference(device, network, values, image, batch, false);
                Tensor in = device.tensor(net.bindings().get(Inference.IMAGES));
                Tensor out = device.tensor(net.bindings().get(Inference.LOGITS))) {
            in.set(images);
            net.bind(Inference.IMAGES, in);
            net.bind(Inference.LOGITS, out);
            net.run(stream);
            stream.synchronize();
            logits = out.toFloats();
        }
        double difference = OnnxCheck.maxAbsDifference(file, Map.of(Inference.IMAGES, images), Map.of(Inference.LOGITS, logits));
        assertTrue(difference < 1e-4, name + ": a logit differs by " + difference);
    }
}
