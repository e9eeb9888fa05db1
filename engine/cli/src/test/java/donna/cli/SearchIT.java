package donna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.report.Summary;
import donna.spec.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole searches of the tiny spec, on images made here, as processes that are killed, interrupted and resumed. */
class SearchIT {
    @TempDir
    static Path folder;

    @BeforeAll
    static void writeImages() throws IOException {
        TinyImages.write(folder);
    }

    /** MACs instead of latency, so that nothing in the result is measured. */
    private static List<String> search(Path run, long seed, int threads) {
        return List.of(
                "search",
                "../../examples/specs/tiny.yaml",
                "--run",
                run.toString(),
                "--seed",
                Long.toString(seed),
                "--threads",
                Integer.toString(threads),
                "--set",
                "dataset.name=idx",
                "--set",
                "dataset.path=" + folder,
                "--set",
                "search.objectives=[accuracy, macs]");
    }

    private static Launched launch(List<String> arguments) throws IOException {
        return Launched.start(folder, arguments);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aKilledSearchEndsInTheSameBitsAsAnUndisturbedOne(long seed) throws IOException, InterruptedException {
        Path whole = folder.resolve("whole" + seed);
        Launched undisturbed = launch(search(whole, seed, 2));
        assertEquals(0, undisturbed.exitCode(), undisturbed.err());

        Path broken = folder.resolve("broken" + seed);
        long moments = System.nanoTime();
        System.out.println("moments of killing: seed " + moments);
        SplittableRandom random = new SplittableRandom(moments);
        Launched first = launch(search(broken, seed, 1));
        while (first.isAlive() && !Files.exists(broken.resolve(Line.SPEC))) {
            Thread.sleep(10);
        }
        Thread.sleep(random.nextInt(2000));
        first.kill();
        for (int kills = 0; kills < 4; kills++) {
            Launched next = launch(List.of("resume", broken.toString(), "--threads", "1"));
            Thread.sleep(1000 + random.nextInt(2500));
            next.kill();
        }
        Launched last = launch(List.of("resume", broken.toString(), "--threads", "1"));
        assertEquals(0, last.exitCode(), "moments " + moments + ": " + last.err());

        Map<String, String> expected = fingerprints(whole);
        Map<String, String> found = fingerprints(broken);
        assertEquals(expected.keySet(), found.keySet(), "moments " + moments);
        expected.forEach((name, print) -> assertEquals(print, found.get(name), name + ", moments " + moments));
        Summary summary = Json.read(broken.resolve("summary.json"), Summary.class);
        assertFalse(summary.models().isEmpty(), "nothing was picked");
        for (Summary.Model m : summary.models()) {
            assertTrue(m.onnxMaxAbsDiff() <= 1e-4, m.architecture() + ": ONNX differs by " + m.onnxMaxAbsDiff());
        }
        assertEquals(10, summary.library().candidates());
    }

    /** Weights of teacher, blocks and models; predictor; front: by file, what must not depend on interruptions, threads or time. */
    private static Map<String, String> fingerprints(Path run) throws IOException {
        Map<String, String> out = new TreeMap<>();
        try (Stream<Path> all = Files.walk(run)) {
            for (Path p : all.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
                out.put(run.relativize(p).toString(), HexFormat.of().formatHex(sha256(Files.readAllBytes(p))));
            }
        }
        out.put("predictor", Json.text(Json.read(run.resolve("predictor.json"), Map.class).get("value")));
        Summary s = Json.read(run.resolve("summary.json"), Summary.class);
        List<String> front = new ArrayList<>();
        s.front().forEach(p -> front.add(p.architecture() + " " + p.predictedTop1()));
        out.put("front", front.toString());
        s.models().forEach(m -> out.put("top-1 of " + m.architecture(), Double.toString(m.top1())));
        assertTrue(out.size() > 12, "too little to compare: " + out.keySet());
        return out;
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aRunFolderBelongsToOneProcessAndCtrlCSaysHowToGoOn() throws IOException, InterruptedException {
        Path run = folder.resolve("shared");
        List<String> lasting = new ArrayList<>(search(run, 1, 1));
        lasting.addAll(List.of("--set", "teacher.train.epochs=2000"));
        Launched first = launch(lasting);
        while (first.isAlive() && !Files.exists(run.resolve(Line.SPEC))) {
            Thread.sleep(10);
        }
        Launched second = launch(List.of("resume", run.toString()));
        assertEquals(1, second.exitCode(), second.err());
        assertTrue(second.err().contains("process " + first.pid()), second.err());
        assertTrue(first.isAlive(), "the first search ended before it could be interrupted: " + first.err());
        first.interrupt();
        assertEquals(130, first.exitCode(), first.err());
        assertTrue(first.err().contains("go on with: donna resume " + run), first.err());
        assertFalse(first.err().contains("Exception"), first.err());
    }
}
