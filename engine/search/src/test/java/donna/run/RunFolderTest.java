package donna.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.format.HostTensor;
import donna.jobs.Checkpoint;
import donna.jobs.Store;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
    @TempDir
    Path temporary;

    private record Numbers(double[] values) {}

    @Test
    void an_artefact_is_made_once_for_the_same_inputs_and_again_for_others() {
        AtomicInteger made = new AtomicInteger();
        try (RunFolder folder = RunFolder.open(temporary.resolve("run"))) {
            for (int i = 0; i < 2; i++) {
                Numbers n = folder.artefact("a.json", 1, List.of("inputs", 3), Numbers.class, () -> {
                            made.incrementAndGet();
                            return new Numbers(new double[] {1.0 / 3, Double.POSITIVE_INFINITY, -0.0});
                        })
                        .value();
                assertArrayEquals(new double[] {1.0 / 3, Double.POSITIVE_INFINITY, -0.0}, n.values());
            }
            assertEquals(1, made.get());
            folder.artefact("a.json", 1, List.of("inputs", 4), Numbers.class, () -> {
                made.incrementAndGet();
                return new Numbers(new double[0]);
            });
            assertEquals(2, made.get());
        }
    }

    @Test
    void an_altered_artefact_is_one_sentence_that_names_the_file() throws Exception {
        try (RunFolder folder = RunFolder.open(temporary)) {
            Supplier<Numbers> make = () -> new Numbers(new double[] {0.25, 2});
            folder.artefact("a.json", 1, "inputs", Numbers.class, make);
            Path file = temporary.resolve("a.json");
            String text = Files.readString(file);
            assertTrue(text.contains("0.25"), text);
            Files.writeString(file, text.replace("0.25", "0.26"));
            var e = assertThrows(
                    DonnaException.InvalidInput.class, () -> folder.artefact("a.json", 1, "inputs", Numbers.class, make));
            assertTrue(e.getMessage().contains("a.json"), e.getMessage());
            assertTrue(e.getMessage().contains("SHA-256"), e.getMessage());
        }
    }

    @Test
    void a_file_is_no_run_folder() throws Exception {
        Path file = Files.writeString(temporary.resolve("run"), "text");
        var e = assertThrows(DonnaException.InvalidInput.class, () -> RunFolder.open(file));
        assertEquals("run folder " + file + " is a file; name a folder with --run", e.getMessage());
    }

    @Test
    void a_second_opener_is_refused_with_the_firsts_process_id() {
        try (RunFolder first = RunFolder.open(temporary)) {
            var e = assertThrows(DonnaException.InvalidInput.class, () -> RunFolder.open(temporary));
            assertTrue(e.getMessage().contains("process " + ProcessHandle.current().pid()), e.getMessage());
            assertEquals(temporary, first.root());
        }
        RunFolder.open(temporary).close();
    }

    @Test
    void pieces_and_checkpoints_come_back_with_the_same_bits() {
        float[] values = {Float.MIN_VALUE, 1 / 3f, -0f, Float.MAX_VALUE};
        try (RunFolder folder = RunFolder.open(temporary)) {
            folder.save("blocks/b1/x", new Store.Piece(Map.of("w", HostTensor.of(Shape.of(4), values)), Map.of("nsr", "0.5")));
            Store.Piece piece = folder.load("blocks/b1/x").orElseThrow();
            assertArrayEquals(values, piece.tensors().get("w").floats());
            assertEquals("0.5", piece.info().get("nsr"));
            Checkpoint checkpoint = new Checkpoint(folder, "job", 0);
            checkpoint.save(17, Map.of("w", values));
            Checkpoint.Saved saved = new Checkpoint(folder, "job", 0).load().orElseThrow();
            assertEquals(17, saved.step());
            assertArrayEquals(values, saved.values().get("w"));
            Checkpoint.forget(folder, "job");
            assertTrue(checkpoint.load().isEmpty());
        }
    }

    @Test
    void a_truncated_piece_is_one_sentence_that_names_the_file() throws Exception {
        try (RunFolder folder = RunFolder.open(temporary)) {
            folder.save("teacher/model", new Store.Piece(Map.of("w", HostTensor.of(Shape.of(100), new float[100])), Map.of()));
            Path file = temporary.resolve("teacher/model.safetensors");
            byte[] whole = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(whole, whole.length - 7));
            var e = assertThrows(DonnaException.InvalidInput.class, () -> folder.load("teacher/model"));
            assertTrue(e.getMessage().contains("model.safetensors"), e.getMessage());
        }
    }

    @Test
    void clearing_leaves_nothing_but_the_lock() {
        try (RunFolder folder = RunFolder.open(temporary)) {
            folder.write("spec.resolved.json", Map.of());
            folder.write("x/y.json", Map.of("a", 1));
            folder.clear();
            assertFalse(Files.exists(temporary.resolve("x")));
            assertTrue(Files.exists(temporary.resolve("lock")));
        }
    }
}
