package donna.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.report.Summary;
import donna.spec.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole searches, a second each, on the CPU backend. */
class SearchIT {
    @TempDir
    static Path folder;

    private static Path spec;

    @BeforeAll
    static void data() throws Exception {
        spec = TinySearch.write(folder);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void a_whole_search_fills_the_summary_and_exports_models_that_agree(int seed) throws Exception {
        Path run = folder.resolve("whole-" + seed);
        TinySearch.Wish wish = TinySearch.Wish.plain().with("seed", Integer.toString(seed));
        Summary s = TinySearch.search(spec, run, seed == 1 ? wish.withComparisons() : wish);

        assertEquals(s, Json.read(run.resolve("summary.json"), Summary.class));
        assertEquals(List.of(), emptyPlaces("", Json.read(run.resolve("summary.json"), Map.class)));
        assertEquals(seed, s.seed());
        assertEquals(8, s.library().candidates());
        s.library().blocks().forEach(b -> {
            assertEquals(List.of(), b.failed());
            b.candidates().forEach(c -> assertTrue(c.nsr() > 0 && c.nsr() < 1.5, c.toString()));
        });
        assertTrue(s.teacher().top1() > 0.5, "a teacher better than chance, which is 0.25: " + s.teacher());
        assertEquals(5, s.predictor().n());
        assertEquals(new TreeSet<>(s.seconds().keySet()), new TreeSet<>(stages(seed == 1)));
        assertNothingOnTheFrontIsDominated(RunFiles.front(run));
        assertFalse(s.models().isEmpty());
        for (Summary.Model m : s.models()) {
            assertTrue(m.onnxMaxAbsDiff() < 1e-4, m.toString());
            assertTrue(m.macs() < s.teacher().macs() && m.latencyMs() > 0 && m.top1() > 0.25, m.toString());
            assertTrue(Files.size(run.resolve(m.folder()).resolve("model.onnx")) > 4L * m.params());
            assertTrue(Files.size(run.resolve(m.folder()).resolve("model.safetensors")) > 4L * m.params());
        }
        assertEquals(
                2 + s.front().size() + s.models().size() + s.baselines().size(),
                Files.readAllLines(run.resolve("pareto.csv")).size(),
                "lines of pareto.csv: a header, the front, the models, the teacher, the baselines");
        assertTrue(Files.readString(run.resolve("report.html")).contains(s.models().getFirst().architecture()));
        assertEquals(seed == 1, s.baselines().stream().anyMatch(b -> b.kind().equals("from scratch")), "baselines " + s.baselines());
        s.baselines().forEach(b -> assertTrue(b.top1() > 0 && b.latencyMs() > 0 && b.macs() > 0 && b.params() > 0 && b.epochs() > 0, b.toString()));
        assertTrue(RunFiles.all(run).keySet().stream().noneMatch(f -> f.contains(".tmp") || f.startsWith("checkpoint")));
    }

    @Test
    void the_same_seed_gives_the_same_bits_on_one_thread_and_on_two() throws Exception {
        TinySearch.search(spec, folder.resolve("one"), TinySearch.Wish.plain().withThreads(1));
        TinySearch.search(spec, folder.resolve("two"), TinySearch.Wish.plain().withThreads(2));
        Map<String, String> bits = RunFiles.bits(folder.resolve("one"));
        assertEquals(bits, RunFiles.bits(folder.resolve("two")));
        assertTrue(bits.keySet().containsAll(List.of("predictor.json", "front.json", "teacher/model.safetensors")), bits.keySet().toString());
        TinySearch.search(spec, folder.resolve("other"), TinySearch.Wish.plain().with("seed", "7"));
        RunFiles.bits(folder.resolve("other")).entrySet().stream()
                .filter(e -> e.getKey().endsWith(".safetensors"))
                .forEach(e -> assertFalse(bits.containsValue(e.getValue()), "another seed gave the same bits: " + e.getKey()));
    }

    @Test
    void an_exported_file_that_is_gone_or_altered_is_made_again_and_no_other() throws Exception {
        Path run = folder.resolve("exported");
        Summary s = TinySearch.search(spec, run, TinySearch.Wish.plain());
        Path model = run.resolve(s.models().getFirst().folder());
        byte[] exported = Files.readAllBytes(model.resolve("model.onnx"));
        byte[] altered = exported.clone();
        altered[altered.length / 2]++;
        Map<String, FileTime> before = RunFiles.finished(run);
        Files.delete(model.resolve("model.onnx"));
        assertEquals(s.models(), TinySearch.search(spec, run, TinySearch.Wish.plain()).models());
        assertArrayEquals(exported, Files.readAllBytes(model.resolve("model.onnx")));
        Files.write(model.resolve("model.onnx"), altered);
        TinySearch.search(spec, run, TinySearch.Wish.plain());
        assertArrayEquals(exported, Files.readAllBytes(model.resolve("model.onnx")));
        assertEquals(before, RunFiles.finished(run));

        byte[] weights = Files.readAllBytes(model.resolve("model.safetensors"));
        Files.delete(model.resolve("model.safetensors"));
        TinySearch.search(spec, run, TinySearch.Wish.plain());
        assertArrayEquals(weights, Files.readAllBytes(model.resolve("model.safetensors")));
    }

    @Test
    void a_candidate_more_trains_that_candidate_alone() throws Exception {
        Path run = folder.resolve("extended");
        TinySearch.search(spec, run, TinySearch.Wish.plain());
        Map<String, FileTime> before = RunFiles.finished(run);
        TinySearch.Wish more = TinySearch.Wish.plain()
                .with("space.candidates.0", "{type: mbconv, kernel: [3, 5, 7], expand: 2, depth: 1, se: false, act: relu}");
        Summary s = TinySearch.search(spec, run, more);
        assertEquals(10, s.library().candidates());
        Map<String, FileTime> after = RunFiles.finished(run);
        TreeSet<String> fresh = new TreeSet<>(after.keySet());
        fresh.removeAll(before.keySet());
        assertEquals(2, fresh.stream().filter(f -> f.matches("blocks/b[12]/mk7e2d1r-[0-9a-f]{12}\\.safetensors")).count(), fresh.toString());
        assertTrue(fresh.stream().noneMatch(f -> f.startsWith("blocks/") && !f.contains("mk7")), fresh.toString());
        before.forEach((name, time) -> {
            if (!name.matches("(predictor|cost|front|certificate|picks|models)\\.json")) {
                assertEquals(time, after.get(name), name + " was written again");
            }
        });
    }

    private static List<String> stages(boolean compared) {
        return Arrays.stream(Stage.values())
                .filter(s -> s != Stage.REPORT && (compared || s != Stage.COMPARISONS))
                .map(Stage::word)
                .toList();
    }

    /** Paths of what is null or not a number. */
    private static List<String> emptyPlaces(String at, Object tree) {
        return switch (tree) {
            case null -> List.of(at);
            case Map<?, ?> m -> m.entrySet().stream().flatMap(e -> emptyPlaces(at + "/" + e.getKey(), e.getValue()).stream()).toList();
            case List<?> l -> l.stream().flatMap(e -> emptyPlaces(at + "/-", e).stream()).toList();
            case String text when text.isBlank() || text.equals("NaN") || text.contains("Infinity") -> List.of(at);
            default -> List.of();
        };
    }

    private static void assertNothingOnTheFrontIsDominated(List<FrontStage.Member> front) {
        assertFalse(front.isEmpty());
        for (FrontStage.Member a : front) {
            for (FrontStage.Member b : front) {
                boolean dominates = a.objectives()[0] >= b.objectives()[0] && a.objectives()[1] <= b.objectives()[1]
                        && (a.objectives()[0] > b.objectives()[0] || a.objectives()[1] < b.objectives()[1]);
                assertFalse(dominates, new TreeMap<>(Map.of("better", a.toString(), "worse", b.toString())).toString());
            }
        }
    }
}
