package donna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import donna.format.HostTensor;
import donna.jobs.Progress;
import donna.jobs.Store;
import donna.report.Summary;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong is one sentence that says what to do, nothing half-written stays, and the run goes on once the cause is gone. */
class FailureIT {
    @TempDir
    static Path folder;

    private static Path spec;
    private static Path finished;

    @BeforeAll
    static void aFinishedRun() throws Exception {
        spec = TinySearch.write(folder);
        finished = folder.resolve("finished");
        TinySearch.search(spec, finished, TinySearch.Wish.plain());
    }

    private static final class Lines implements Progress {
        private final List<String> all = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void phase(String name) {}

        @Override
        public void update(long done, long total, String unit) {}

        @Override
        public void line(String text) {
            all.add(text);
        }
    }

    /** A copy of the finished run but for the files whose names begin with one of {@code without}. */
    private static Path copy(String name, String... without) throws IOException {
        Path run = folder.resolve(name);
        for (var e : RunFiles.all(finished).entrySet()) {
            if (Arrays.stream(without).noneMatch(e.getKey()::startsWith)) {
                Path target = run.resolve(e.getKey());
                Files.createDirectories(target.getParent());
                Files.copy(e.getValue(), target);
            }
        }
        return run;
    }

    private static String refusal(Path run, TinySearch.Wish wish) throws IOException {
        var e = assertThrows(DonnaException.class, () -> TinySearch.search(spec, run, wish));
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        if (Files.isDirectory(run)) {
            assertTrue(RunFiles.all(run).keySet().stream().noneMatch(f -> f.contains(".tmp")), "left behind: " + RunFiles.all(run).keySet());
        }
        return e.getMessage();
    }

    private static void assertHas(String message, String... parts) {
        for (String part : parts) {
            assertTrue(message.contains(part), "'" + message + "' does not say '" + part + "'");
        }
    }

    @Test
    void a_candidate_that_diverges_is_named_and_left_out() throws Exception {
        Path run = folder.resolve("diverged");
        Moments stop = new Moments("block library", 100);
        assertThrows(DonnaException.Cancelled.class, () -> TinySearch.search(spec, run, TinySearch.Wish.plain().telling(stop)));
        try (RunFolder folder = RunFolder.open(run)) {
            spoil(folder, "0/3/");
        }
        Moments again = new Moments("block library", 100);
        assertThrows(DonnaException.Cancelled.class, () -> TinySearch.search(spec, run, TinySearch.Wish.plain().telling(again)));
        Lines lines = new Lines();
        Summary s = TinySearch.search(spec, run, TinySearch.Wish.plain().telling(lines));

        List<String> failed = s.library().blocks().getFirst().failed();
        assertEquals(1, failed.size(), failed.toString());
        assertTrue(failed.getFirst().matches("fk3e1d1r: the loss is NaN at step (6|12) of 18"), failed.toString());
        assertEquals(3, s.library().blocks().getFirst().candidates().size());
        assertFalse(Files.readString(run.resolve("summary.json")).contains("Infinity"));
        assertTrue(lines.all.stream().anyMatch(l -> l.startsWith("b1/fk3e1d1r cannot be used: the loss is NaN")), lines.all.toString());
        assertEquals(List.of(), s.library().blocks().getLast().failed());
        assertTrue(s.front().stream().noneMatch(f -> f.architecture().startsWith("fk3e1d1r_")), s.front().toString());
        assertTrue(s.predictor().labels().stream().noneMatch(l -> l.architecture().startsWith("fk3e1d1r_")), s.predictor().toString());
        assertFalse(s.models().isEmpty());
        assertTrue(Files.readString(run.resolve("report.html")).contains("the loss is NaN at step"));
        var bits = RunFiles.bits(run);
        RunFiles.bits(finished).forEach((name, value) -> {
            if (name.startsWith("blocks/") && !name.startsWith("blocks/b1/fk3e1d1r")) {
                assertEquals(value, bits.get(name), name + " depends on a candidate that failed");
            }
        });
    }

    /** Turns the weights of one candidate in the library's checkpoint to NaN. */
    private static void spoil(RunFolder run, String candidate) throws IOException {
        String file = RunFiles.all(run.root()).keySet().stream().filter(f -> f.startsWith("checkpoint/blocks-")).findFirst().orElseThrow();
        String key = file.substring(0, file.length() - ".safetensors".length());
        Store.Piece piece = run.load(key).orElseThrow();
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        piece.tensors().forEach((name, t) -> {
            float[] values = t.floats();
            if (name.startsWith(candidate)) {
                Arrays.fill(values, Float.NaN);
            }
            tensors.put(name, HostTensor.of(t.shape(), values));
        });
        run.save(key, new Store.Piece(tensors, piece.info()));
    }

    @Test
    void a_rate_at_which_everything_diverges_is_one_sentence_that_names_it() throws Exception {
        String sgd = "{name: sgd, momentum: 0.9, warmup: 0, ema: 0}";
        for (String stage : List.of("teacher", "distill", "predictor", "finetune")) {
            Path run = copy("rate-" + stage, "summary");
            TinySearch.Wish wish = TinySearch.Wish.plain()
                    .with(stage + ".train.lr", "100")
                    .with(stage + ".train.epochs", "8")
                    .with(stage + ".train.optimizer", sgd);
            assertHas(refusal(run, wish), "lower " + stage + ".train.lr");
        }
    }

    @Test
    void a_truncated_weight_file_is_named_with_the_way_out() throws Exception {
        Path run = copy("truncated", "models.json", "summary.json");
        Path file = run.resolve("teacher/model.safetensors");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 100));
        assertHas(refusal(run, TinySearch.Wish.plain()), file.toString(), "truncated", "delete it, and it is made again");
        Files.delete(file);
        TinySearch.search(spec, run, TinySearch.Wish.plain());
        assertEquals(RunFiles.bits(finished), RunFiles.bits(run));
    }

    @Test
    void an_altered_weight_is_noticed() throws Exception {
        Path run = copy("altered");
        Path file = RunFiles.all(run).entrySet().stream().filter(e -> e.getKey().startsWith("blocks/")).findFirst().orElseThrow().getValue();
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 5] ^= 1;
        Files.write(file, bytes);
        assertHas(refusal(run, TinySearch.Wish.plain()), file.toString(), "checksum", "delete it");
    }

    @Test
    void an_artefact_that_is_no_json_any_more_is_named_with_the_way_out() throws Exception {
        Path run = copy("broken");
        Path file = run.resolve("front.json");
        Files.writeString(file, Files.readString(file).substring(0, 200));
        assertHas(refusal(run, TinySearch.Wish.plain()), file.toString(), "remove the file");
        Files.writeString(file, Files.readString(finished.resolve("front.json")).replace("\"front\"", "\"back\""));
        assertHas(refusal(run, TinySearch.Wish.plain()), file.toString(), "delete it, and it is made again");
        Files.writeString(file, "{}");
        assertHas(refusal(run, TinySearch.Wish.plain()), file.toString(), "remove the file");
        Files.delete(file);
        TinySearch.search(spec, run, TinySearch.Wish.plain());
        assertEquals(RunFiles.bits(finished), RunFiles.bits(run));
    }

    @Test
    void a_missing_or_truncated_data_file_is_named() throws Exception {
        Path other = Files.createDirectories(folder.resolve("other"));
        Path moved = TinySearch.write(other);
        Path images = other.resolve("data/train-images-idx3-ubyte");
        byte[] whole = Files.readAllBytes(images);
        Files.write(images, Arrays.copyOf(whole, whole.length - 1));
        var cut = assertThrows(DonnaException.InvalidInput.class, () -> TinySearch.search(moved, folder.resolve("none"), TinySearch.Wish.plain()));
        assertHas(cut.getMessage(), images.toString(), "truncated");
        Files.delete(images);
        var gone = assertThrows(DonnaException.InvalidInput.class, () -> TinySearch.search(moved, folder.resolve("none"), TinySearch.Wish.plain()));
        assertHas(gone.getMessage(), images.toString(), "no such file");
        assertFalse(Files.exists(folder.resolve("none")));
    }

    @Test
    void a_folder_that_cannot_be_written_is_named() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "in the way");
        assertHas(refusal(file.resolve("run"), TinySearch.Wish.plain()), file.resolve("run").toString(), "cannot be written", "--run");
        Path run = copy("blocked", "models");
        Files.writeString(run.resolve("models"), "in the way");
        assertHas(refusal(run, TinySearch.Wish.plain()), run.resolve("models").toString(), "cannot be written");
        Files.delete(run.resolve("models"));
        TinySearch.search(spec, run, TinySearch.Wish.plain());
        assertEquals(RunFiles.bits(finished), RunFiles.bits(run));
    }

    @Test
    void a_read_only_folder_is_named() throws Exception {
        Path run = Files.createDirectories(folder.resolve("readonly"));
        assertTrue(run.toFile().setWritable(false));
        try {
            assumeTrue(!Files.isWritable(run), "skipped: this user may write into read-only folders");
            assertHas(refusal(run, TinySearch.Wish.plain()), run.toString(), "cannot be written");
        } finally {
            assertTrue(run.toFile().setWritable(true));
        }
    }

    @Test
    void a_disk_that_takes_no_more_is_one_sentence_and_the_run_goes_on_later() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "skipped: needs bash to limit the size of files");
        Path run = folder.resolve("full");
        Process child = SearchChild.start(spec, run, "/bin/bash", "-c", "ulimit -f 24; exec \"$0\" \"$@\"");
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(SearchChild.REFUSED, child.waitFor(), said);
        String failure = said.lines().filter(l -> l.startsWith("failed: ")).findFirst().orElse(said);
        assertHas(failure, run.toString(), "cannot be written", "check that the disk has room");
        assertTrue(RunFiles.all(run).keySet().stream().noneMatch(f -> f.contains(".tmp")), RunFiles.all(run).keySet().toString());
        TinySearch.search(spec, run, TinySearch.Wish.plain());
        assertEquals(RunFiles.bits(finished), RunFiles.bits(run));
    }
}
