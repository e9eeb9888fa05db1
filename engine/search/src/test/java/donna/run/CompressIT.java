package donna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Backends;
import donna.backend.Devices;
import donna.backend.Precision;
import donna.distill.Images;
import donna.distill.Networks;
import donna.format.Safetensors;
import donna.jobs.Progress;
import donna.report.Summary;
import donna.space.SearchSpace;
import donna.spec.EvolutionSpec.Objective;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compression of the reference model of a small spec, and of a model that its search found. */
class CompressIT {
    @TempDir
    static Path folder;

    private static Path spec;
    private static Path run;
    private static Summary search;

    @BeforeAll
    static void search() throws Exception {
        spec = TinySearch.write(folder);
        run = folder.resolve("run");
        search = TinySearch.search(spec, run, TinySearch.Wish.plain());
    }

    private static Summary run(SearchSpec wanted, Path place) {
        Images images = ImageSource.open(wanted, line -> {});
        try (Devices devices = Backends.openAll("cpu", Precision.F32, line -> {});
                RunFolder open = RunFolder.open(place)) {
            return Search.run(wanted, images, open, devices, Progress.NONE, new Search.Options(2, true, Stage.REPORT)).orElseThrow();
        }
    }

    @Test
    void theFrontReachesFromTheModelDownAndPicksMeetTheTarget() {
        SearchSpec base = SearchSpec.read(spec, Map.of("predictor.architectures", "6", "distill.train.epochs", "1"));
        SearchSpec wanted = Compress.spec(Compress.withModel(base, spec), Compress.Target.parse("macs=60%"));
        assertEquals(2 * 2 * 2, wanted.space().candidatesOf("b1").size(), "expand 2 and 1, depth 2 and 1, with and without se");
        Summary s = run(wanted, folder.resolve("macs"));
        String itself = Networks.teacherName(wanted);
        try (RunFolder open = RunFolder.open(folder.resolve("macs"))) {
            FinishedRun finished = FinishedRun.read(open);
            double whole = finished.predictor().predict(finished.space().parse(itself));
            assertEquals(whole, s.front().getLast().predictedTop1(), 1e-12, "the front ends in the model itself, or in what is as good and costs less");
        }
        s.library().blocks().forEach(b -> assertEquals(
                0, b.candidates().stream().filter(c -> itself.startsWith(c.name())).findFirst().orElseThrow().nsr(), "the model's own block is a perfect copy"));
        assertFalse(s.models().isEmpty());
        assertTrue(s.models().getFirst().name().contains("0.6"), s.models().getFirst().name());
        s.models().forEach(m -> assertTrue(m.macs() <= 0.6 * s.teacher().macs() && m.onnxMaxAbsDiff() < 1e-4, m.toString()));
        assertTrue(s.baselines().stream().allMatch(b -> b.kind().equals("scaled reference")), s.baselines().toString());
    }

    @Test
    void theModelsOwnBlocksKeepItsWeights() {
        SearchSpec wanted = Compress.spec(SearchSpec.read(spec), Compress.Target.parse("params=90%"));
        run(wanted, folder.resolve("weights"));
        Safetensors teacher = Safetensors.read(folder.resolve("weights/teacher/model.safetensors"));
        Path block = Arrays.stream(folder.resolve("weights/blocks/b2").toFile().listFiles((d, n) -> n.startsWith("mk3e2d2Sw-"))).findFirst().orElseThrow().toPath();
        Safetensors own = Safetensors.read(block);
        assertFalse(own.tensors().isEmpty());
        own.tensors().forEach((name, t) -> assertEquals(Arrays.hashCode(teacher.tensor("blocks.1." + name).bytes()), Arrays.hashCode(t.bytes()), name));
    }

    private static SearchSpec reduced(Path model) {
        SearchSpec base = SearchSpec.read(Compress.specOf(model), Map.of("predictor.architectures", "4"));
        return Compress.spec(Compress.withModel(base, model), Compress.Target.parse("params=95%"));
    }

    /** The one that leaves the most choices: what the search finds depends on the processor. */
    @Test
    void aModelThatASearchFoundIsCompressedFurther() {
        Summary.Model m = search.models().stream()
                .max(Comparator.comparing(found -> SearchSpace.of(reduced(run.resolve(found.folder()))).size()))
                .orElseThrow();
        Path model = run.resolve(m.folder());
        assertEquals(run.resolve(RunFolder.SPEC), Compress.specOf(model));
        assertEquals(run.resolve(RunFolder.SPEC), Compress.specOf(model.resolve("model.safetensors")));
        assertEquals(run.resolve(RunFolder.SPEC), Compress.specOf(run));
        assertEquals(run.resolve(RunFolder.SPEC), Compress.specOf(run.resolve("teacher")));
        SearchSpec wanted = reduced(model);
        assertEquals(m.architecture(), Networks.teacherName(wanted));
        Summary s = run(wanted, folder.resolve("further"));
        assertEquals(m.top1(), s.teacher().top1(), "the model's weights are the teacher's");
        assertEquals(m.params(), s.teacher().params());
    }

    @Test
    void otherDataKeepTheModelsNormalization() {
        SearchSpec base = SearchSpec.read(spec);
        SearchSpec other = Compress.withData(base, folder.resolve("data").toString(), line -> {});
        assertEquals(base.dataset().normalize(), other.dataset().normalize());
        assertEquals(288, other.dataset().train() + other.dataset().validation());
        assertEquals(48, other.dataset().validation());
        assertEquals(48, other.distill().validation());
    }

    @Test
    void targetsAreReadOrNamed() {
        assertEquals(new Compress.Target(Objective.LATENCY, 0.6), Compress.Target.parse("latency=60%"));
        assertEquals(new Compress.Target(Objective.PARAMS, 0.125), Compress.Target.parse("size=12.5%"));
        for (String wrong : new String[] {"latency", "latency=0%", "latency=100%", "latency=0.6", "speed=50%"}) {
            String message = assertThrows(DonnaException.InvalidInput.class, () -> Compress.Target.parse(wrong)).getMessage();
            assertTrue(message.contains("'" + wrong + "'"), message);
        }
        assertThrows(DonnaException.InvalidInput.class, () -> Compress.specOf(folder.resolve("absent")));
    }
}
