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
import java.util.Map;
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
    private static final String TRANSFORMER = """
            dataset: {name: cifar-binary, path: DATA, train: 128, validation: 64}
            model: {reference: {name: deit_tiny, image: 32, patch: 8, depth: 4, classes: 10}}
            teacher: {train: {epochs: 2, images: 128, batch: 32, lr: 0.001}}
            space:
              candidates:
                - {type: transformer, expand: [1, 4], depth: 1, heads: [3, 6], act: gelu}
            """ + REST;

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

    @Test
    void a_transformer_trains_is_searched_and_exported() throws IOException {
        Summary s = search("transformer", TRANSFORMER);
        assertEquals(16, s.library().candidates());
        assertTrue(s.teacher().top1() > 0.3, "better than chance among the four kinds: " + s.teacher());
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
