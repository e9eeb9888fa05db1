package donna.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Backends;
import donna.backend.Devices;
import donna.backend.Precision;
import donna.distill.Networks;
import donna.export.ModelExport;
import donna.format.HostTensor;
import donna.format.Safetensors;
import donna.graph.Mask;
import donna.jobs.Progress;
import donna.model.ReferenceModel;
import donna.model.ReferenceModels;
import donna.nn.Network;
import donna.report.Summary;
import donna.space.SearchSpace;
import donna.spec.BlockType;
import donna.spec.CandidateSpec;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.train.TrainingState;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compression of models that come without a spec, on a folder of 16x16 images. */
class BareModelIT {
    private static final int CLASSES = 5;
    private static final int SIDE = 16;
    private static final Map<String, String> TINY = Map.ofEntries(
            Map.entry("dataset.normalize", "{mean: 0.5, std: 0.25}"),
            Map.entry("distill.train.epochs", "1"),
            Map.entry("predictor.architectures", "4"),
            Map.entry("predictor.pool", "8"),
            Map.entry("predictor.train.epochs", "1"),
            Map.entry("finetune.train.epochs", "1"),
            Map.entry("latency", "{batches: [2], seconds_per_block: 0.0001, seconds_per_network: 0.0001, check_networks: 2}"),
            Map.entry("search", "{population: 8, generations: 3}"),
            Map.entry("compare.widths", "[0.5, 0.75, 1.0]"));

    @TempDir
    static Path folder;

    @BeforeAll
    static void data() throws IOException {
        images("train", 24);
        images("test", 4);
    }

    private static void images(String split, int each) throws IOException {
        for (int label = 0; label < CLASSES; label++) {
            Path place = Files.createDirectories(folder.resolve("data").resolve(split).resolve("c" + label));
            for (int i = 0; i < each; i++) {
                BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
                for (int p = 0; p < SIDE * SIDE; p++) {
                    int bright = (p % SIDE + label * (p / SIDE)) % 4 < 2 ? 120 : 0;
                    long noise = Mask.mix(Mask.mix(label * 100L + i + split.length()) ^ p);
                    image.setRGB(p % SIDE, p / SIDE, (int) (noise & 0x7f7f7f) + bright * 0x10101);
                }
                ImageIO.write(image, "png", place.resolve(i + ".png").toFile());
            }
        }
    }

    private static SearchSpec spec(String model, Optional<Path> weights, Map<String, Object> form, String target) {
        SearchSpec base = new BareModel(model, weights, form, Optional.empty()).on(folder.resolve("data").toString(), TINY, line -> {});
        return Compress.spec(base, Compress.Target.parse(target));
    }

    private static Summary run(SearchSpec wanted, String place) {
        try (Devices devices = Backends.openAll("cpu", Precision.F32, line -> {});
                RunFolder open = RunFolder.open(folder.resolve(place))) {
            return Search.run(wanted, ImageSource.open(wanted, line -> {}), open, devices, Progress.NONE, new Search.Options(2, true, Stage.REPORT)).orElseThrow();
        }
    }

    private static void assertCompressed(Summary s, double share) {
        s.library().blocks().forEach(b -> assertEquals(1, b.candidates().stream().filter(c -> c.nsr() == 0).count(), "the model's own block is in the space: " + b));
        assertFalse(s.models().isEmpty());
        s.models().forEach(m -> assertTrue(m.macs() <= share * s.teacher().macs() && m.onnxMaxAbsDiff() < 1e-4, m.toString()));
        s.baselines().forEach(b -> assertEquals("scaled reference", b.kind()));
    }

    @Test
    void a_reference_model_with_weights_and_then_what_was_found() throws IOException {
        ReferenceModel m = ReferenceModels.of("cifar_resnet20", ReferenceModels.Options.PUBLISHED.withImageSize(SIDE).withClasses(CLASSES));
        Map<String, float[]> values = TrainingState.initialValues(m.parameters(), 1);
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        m.parameters().forEach(p -> tensors.put(p.name(), HostTensor.of(p.shape(), values.get(p.name()))));
        Path weights = folder.resolve("weights.safetensors");
        Safetensors.write(weights, tensors, Map.of());
        SearchSpec wanted = spec("cifar_resnet20", Optional.of(weights), Map.of("image", SIDE, "classes", CLASSES), "macs=60%");
        List<CandidateSpec> second = wanted.space().candidatesOf("b2");
        assertEquals(CandidateSpec.own(1, 3, false, 1), second.getFirst());
        assertTrue(second.contains(CandidateSpec.own(1, 1, false, 0.25)), "16 to 32 channels in the first unit, 8 inside: " + second);
        assertTrue(second.stream().anyMatch(c -> c.type() == BlockType.MBCONV), second.toString());
        Summary s = run(wanted, "named");
        assertEquals(m.cost().params(), s.teacher().params());
        assertCompressed(s, 0.6);
        // Kept as it is, the first block has the model's weights.
        Path whole = Arrays.stream(folder.resolve("named/blocks/b1").toFile().listFiles((d, n) -> n.startsWith("uk1e1d3n-"))).findFirst().orElseThrow().toPath();
        Safetensors.read(whole).tensors().forEach((name, t) -> assertArrayEquals(values.get(name), t.floats(), name));

        Summary.Model found = s.models().getFirst();
        Path stray = folder.resolve("stray.safetensors");
        SearchSpace space = SearchSpace.of(wanted);
        Network network = Networks.of(wanted, space, space.parse(found.architecture()));
        Map<String, float[]> trained = new LinkedHashMap<>();
        Safetensors.read(folder.resolve("named").resolve(found.folder()).resolve("model.safetensors")).tensors().forEach((n, t) -> trained.put(n, t.floats()));
        ModelExport.safetensors(stray, ExportStage.model(wanted, ImageSource.open(wanted, line -> {}), found.architecture(), network, trained));
        assertTrue(BareModel.is(stray.toString()));
        Summary further = run(spec(stray.toString(), Optional.empty(), Map.of(), "params=95%"), "further");
        assertEquals(found.architecture(), further.teacher().architecture());
        assertEquals(found.params(), further.teacher().params());
        assertEquals(found.top1(), further.teacher().top1(), "its weights are the teacher's");
    }

    @Test
    void onnx_files_of_residual_and_inverted_blocks() {
        for (String name : new String[] {"residual-18", "mobile-silu-17"}) {
            String file = Path.of("src/test/resources/donna/onnx", name + ".onnx").toString();
            assertTrue(BareModel.is(file));
            assertCompressed(run(spec(file, Optional.empty(), Map.of(), "macs=70%"), name), 0.7);
        }
    }

    /** Its units are attention and the two linear layers in turn. */
    @Test
    void an_onnx_file_of_a_transformer() {
        SearchSpec wanted = spec("src/test/resources/donna/onnx/transformer-17.onnx", Optional.empty(), Map.of(), "macs=80%");
        ReferenceModel m = wanted.model().reference().orElseThrow().model();
        assertEquals(Shape.of(16, 17, 1).dim(0), wanted.model().blocks().getFirst().in());
        assertTrue(m.units().size() >= 2, m.unitNames().toString());
        Summary s = run(wanted, "transformer");
        s.models().forEach(x -> assertTrue(x.onnxMaxAbsDiff() < 1e-4, x.toString()));
    }

    @Test
    void what_is_missing_or_too_much_is_said() {
        assertTrue(refused("cifar_resnet20", Optional.empty()).contains("give --weights"));
        assertTrue(refused("src/test/resources/donna/onnx/residual-18.onnx", Optional.of(folder)).contains("leave --weights out"));
        assertFalse(BareModel.is("cifar_resnet21"));
    }

    private static String refused(String model, Optional<Path> weights) {
        return assertThrows(DonnaException.InvalidInput.class, () -> spec(model, weights, Map.of(), "macs=50%")).getMessage();
    }
}
