package donna.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Precision;
import donna.spec.DatasetSpec.Augment;
import donna.tensor.Activation;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchSpecTest {
    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void copySpec() throws IOException {
        file = folder.resolve("spec.yaml");
        try (InputStream in = SearchSpecTest.class.getResourceAsStream("small.yaml")) {
            Files.copy(in, file);
        }
    }

    @Test
    void aShareOfATrainingSeesThatPartOfItsImages() {
        TrainSpec label = SearchSpec.read(file).predictor().train();
        assertEquals(List.of(1, 1600, 25), steps(label.share(8)));
        assertEquals(List.of(1, 64, 1), steps(label.withAtMost(100).share(8)));
        assertEquals(List.of(3, 100, 3), steps(label.withAtMost(100).withEpochs(20).share(8)));
    }

    private static List<Integer> steps(TrainSpec t) {
        return List.of(t.epochs(), t.images(), t.steps());
    }

    @Test
    void everyEntryReachesItsRecord() {
        SearchSpec spec = SearchSpec.read(file);
        assertEquals(1, spec.seed());
        assertEquals(DatasetSpec.Kind.FASHION_MNIST, spec.dataset().name());
        assertEquals(List.of(0.353), spec.dataset().normalize().std());
        assertEquals(
                new ModelSpec.Stem(3, 2, 16, Activation.SWISH), spec.model().stem().orElseThrow());
        assertEquals(
                new ModelSpec.BlockSpec("b4", 64, 96, 2), spec.model().blocks().get(3));
        assertEquals(
                new CandidateSpec(BlockType.MBCONV, 5, 4, 2, true, Activation.SWISH),
                spec.teacher().block().orElseThrow());
        TrainSpec teacher = spec.teacher().train();
        assertEquals(3 * 390, teacher.steps());
        assertEquals(new Augment(true, 0), teacher.augment());
        assertEquals(2, teacher.shards());
        assertEquals(1, spec.finetune().train().shards());
        assertFalse(spec.finetune().train().augment().flip());
        assertEquals(22, spec.space().candidatesOf("b3").size());
        assertEquals(0.02, spec.distill().train().lr());
        assertEquals(1e-6, spec.distill().varianceFloor());
        assertEquals(new KdSpec(0.7, 2), spec.finetune().kd());
        assertEquals(List.of(32, 1), spec.latency().batches());
        assertEquals(List.of(0.25, 0.35, 0.5), spec.finetune().latencyShares());
        assertEquals(0.25, spec.search().mutation());
        assertEquals(7, spec.compare().widths().size());
    }

    @Test
    void onlyAFastSearchIsNamedByMoreThanItsPrecision() {
        SearchSpec spec = SearchSpec.read(file);
        assertFalse(spec.fast());
        assertEquals(Precision.F32, spec.arithmetic());
        SearchSpec fast = SearchSpec.read(file, Map.of("fast", "true", "precision", "bf16"));
        assertTrue(fast.fast());
        assertEquals(List.of(Precision.BF16, "fast"), fast.arithmetic());
        assertEquals(fast, spec.computed(Precision.BF16, true));
    }

    @Test
    void resolvedJsonReadsBackEqualAndHashesAlike() {
        SearchSpec spec = SearchSpec.read(file, Map.of("optimizer.clip", "5", "search.limits.latency_ms", "3.5", "search.islands", "3"));
        Path json = folder.resolve("spec.resolved.json");
        Json.write(json, spec);
        SearchSpec back = SearchSpec.read(json);
        assertEquals(spec, back);
        assertEquals(OptionalInt.of(3), back.search().islands());
        assertEquals(OptionalInt.empty(), SearchSpec.read(file).search().islands());
        assertEquals(Json.hash(spec), Json.hash(back));
        assertFalse(Json.hash(spec).equals(Json.hash(SearchSpec.read(file))));
    }

    @Test
    void overridesReachListsAndCreateSections() {
        SearchSpec spec = SearchSpec.read(
                file,
                Map.of(
                        "seed", "7",
                        "model.blocks.3.stride", "1",
                        "teacher.weights", "t.safetensors",
                        "space.blocks.b2.candidates", "[{type: mbconv, kernel: [3, 5], expand: 4, depth: 2}]",
                        "distill.train.optimizer.name", "sgd",
                        "dataset.augment.pad_crop", "4"));
        assertEquals(7, spec.seed());
        assertEquals(1, spec.model().blocks().get(3).stride());
        assertEquals("t.safetensors", spec.teacher().weights().orElseThrow());
        assertEquals(2, spec.space().candidatesOf("b2").size());
        assertEquals(OptimizerSpec.Rule.SGD, spec.distill().train().optimizer().name());
        assertEquals(
                OptimizerSpec.Rule.ADAMW, spec.teacher().train().optimizer().name());
        assertEquals(new Augment(true, 4), spec.teacher().train().augment());
        assertEquals(new Augment(false, 0), spec.distill().train().augment());
    }

    @Test
    void everyMistakeIsReportedAtOnceWithItsPathAndWhatIsAllowed() {
        String message = refuse(Map.of(
                "teacher.block.kernel", "4",
                "predictor.monotne", "true",
                "distill.train.lr", "fast",
                "search.algorithm", "nsga3",
                "latency.batches", "[32, 0]",
                "model.head.classes", "1"));
        assertEquals(
                List.of(
                        "spec.yaml: /distill/train/lr: fast is not a number; allowed numbers above 0 to 100",
                        "spec.yaml: /latency/batches/1: 0 is out of range; allowed 1 to 65536",
                        "spec.yaml: /model/head/classes: 1 is out of range; allowed 2 to 1048576",
                        "spec.yaml: /predictor/monotne: unknown key; did you mean monotone? allowed labels, architectures,"
                                + " pool, held_out, monotone, second_stage, train, kd",
                        "spec.yaml: /search/algorithm: nsga3 is unknown; allowed nsga2, random",
                        "spec.yaml: /teacher/block/kernel: 4 is even; allowed 3, 5, 7"),
                message.lines().sorted().toList());
    }

    @Test
    void entriesThatContradictEachOtherAreReported() {
        String message = refuse(Map.of(
                "model.blocks.1.in", "32",
                "model.blocks.2.name", "b1",
                "finetune.train.images", "60000",
                "latency.objective", "8",
                "space.group_width", "7",
                "teacher.train.batch", "127"));
        assertTrue(
                message.contains("spec.yaml: /model/blocks/1/in: 32 input channels and b1 gives 24; make them equal"));
        assertTrue(message.contains("/model/blocks/2/name: b1 names an earlier block too"));
        assertTrue(message.contains("/finetune/train/images: 60000 exceeds dataset/train 50000; allowed up to 50000"));
        assertTrue(message.contains("/latency/objective: 8 is not measured; allowed 32, 1"));
        assertTrue(message.contains(
                "grouped, expand 2 in block b4 has 128 hidden channels, not a multiple of group_width 7"));
        assertTrue(message.contains("/teacher/train/batch: 127 is not a multiple of 2 shards"));
    }

    @Test
    void entriesWithoutEffectAreReported() {
        String message = refuse(Map.of(
                "distill.train.flip", "true", "distill.train.label_smoothing", "0.1", "finetune.train.shards", "2"));
        assertTrue(message.contains("/distill/train: has augmentation"), message);
        assertTrue(message.contains("/distill/train/label_smoothing: candidates are trained without labels"), message);
        assertTrue(message.contains("/finetune/train/shards: 2 shards"), message);
        String islands = refuse(Map.of("search.algorithm", "random", "search.islands", "2"));
        assertTrue(islands.contains("/search/islands: random search has none; leave it out"), islands);
    }

    @Test
    void islandsHaveAtLeastTwoIndividualsEach() {
        Map<String, String> most = Map.of("search.population", "21", "search.islands", "10");
        assertEquals(OptionalInt.of(10), SearchSpec.read(file, most).search().islands());
        String message = refuse(Map.of("search.population", "21", "search.islands", "11"));
        assertEquals(
                "spec.yaml: /search/islands: 11 islands of a population of 21 have fewer than two each; allowed up to 10",
                message.strip());
        assertTrue(refuse(Map.of("search.islands", "0")).contains("/search/islands: 0 is out of range; allowed 1 to"));
    }

    @Test
    void missingSectionsAreNamed() throws IOException {
        Files.writeString(file, "seed: 1\n");
        String message = refuse(Map.of());
        assertTrue(message.contains("spec.yaml: /dataset/name: missing; expected fashion-mnist, mnist, cifar10, idx,"));
        assertTrue(message.contains("spec.yaml: /model/input: missing"));
        assertTrue(message.contains("spec.yaml: /space/candidates: missing; expected a list of mappings"));
    }

    @Test
    void ownDataSetsNeedTheirFolderAndStatistics() {
        String message =
                refuse(Map.of("dataset.name", "image-folder", "dataset.normalize", "{mean: [0.5, 0.5], std: 0.2}"));
        assertTrue(message.contains(
                "/dataset/path: missing; a data set of kind image-folder needs the folder that holds it"));
        assertTrue(message.contains("/dataset/normalize/mean: 2 values for 1 channel(s); expected 1 or 1"));
    }

    @Test
    void base60LookalikesStayText() {
        SearchSpec spec = SearchSpec.read(file, Map.of("teacher.weights", "16:16:32"));
        assertEquals("16:16:32", spec.teacher().weights().orElseThrow());
        String message = refuse(Map.of("seed", "16:16:32"));
        assertEquals("spec.yaml: /seed: 16:16:32 is not a whole number; allowed whole numbers from 0", message);
    }

    @Test
    void brokenFilesAreRefusedInOneSentence() throws IOException {
        Files.writeString(file, "seed: 1\nseed: 2\n");
        assertTrue(refuse(Map.of()).contains("line 2"));
        Files.writeString(file, "model: [1, 2\n");
        assertEquals(1, refuse(Map.of()).lines().count());
        Files.writeString(file, "[1, 2]\n");
        assertTrue(refuse(Map.of()).contains("the file holds no mapping at its top"));
        Files.delete(file);
        assertTrue(refuse(Map.of()).contains("no such file"));
    }

    @Test
    void overridesThatLeadNowhereAreMistakes() {
        assertEquals(
                "spec.yaml: /model/blocks/9/in: --set names entry 9 of a list of 4; allowed 0 to 3",
                refuse(Map.of("model.blocks.9.in", "3")));
        assertEquals(
                "spec.yaml: /seed/x: --set goes below seed, which is a plain value; expected a mapping or a list there",
                refuse(Map.of("seed.x", "3")));
    }

    private String refuse(Map<String, String> overrides) {
        return assertThrows(DonnaException.InvalidInput.class, () -> SearchSpec.read(file, overrides))
                .getMessage();
    }
}
