package donna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.DonnaException;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Searches that are stopped, killed and resumed, against one that was left alone. */
class SurvivalIT {
    private static final int KILLS = 4;

    @TempDir
    static Path folder;

    private static Path spec;
    private static Map<String, String> undisturbed;
    private static long moments;

    @BeforeAll
    static void leftAlone() throws Exception {
        spec = TinySearch.write(folder);
        Moments counter = new Moments("", 0);
        TinySearch.search(spec, folder.resolve("alone"), TinySearch.Wish.plain().telling(counter));
        undisturbed = RunFiles.bits(folder.resolve("alone"));
        moments = counter.seen();
    }

    @Test
    void killed_at_random_moments_and_resumed_the_results_are_the_same_bits() throws Exception {
        long seed = Long.getLong("donna.seed", System.nanoTime());
        Random random = new Random(seed);
        Path run = folder.resolve("killed");
        StringBuilder story = new StringBuilder("repeat with -Ddonna.seed=" + seed + ":");
        Map<String, FileTime> before = Map.of();
        boolean finished = false;
        for (int i = 0; i < KILLS && !finished; i++) {
            long moment = 1 + random.nextLong(moments / 2);
            Process child = SearchChild.start(spec, run);
            finished = !killAt(child, moment, run, i == 0);
            story.append(finished ? " finished before moment " : " killed at moment ").append(moment);
            Map<String, FileTime> now = RunFiles.finished(run);
            assertKept(before, now, story.toString());
            before = now;
        }
        TinySearch.search(spec, run, TinySearch.Wish.plain());
        assertKept(before, RunFiles.finished(run), story.toString());
        assertEquals(undisturbed, RunFiles.bits(run), story.toString());
        assertTrue(RunFiles.all(run).keySet().stream().noneMatch(f -> f.contains(".tmp") || f.startsWith("checkpoint")), story.toString());
    }

    /** Whether the child was killed: it had not finished by then. */
    private static boolean killAt(Process child, long moment, Path run, boolean intrude) throws Exception {
        StringBuilder said = new StringBuilder();
        try (BufferedReader lines = child.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                said.append(line).append('\n');
                if (intrude && line.startsWith("moment ")) {
                    intrude = false;
                    var e = assertThrows(DonnaException.InvalidInput.class, () -> RunFolder.open(run));
                    assertTrue(e.getMessage().contains("process " + child.pid() + " works in it"), e.getMessage());
                }
                if (line.equals("moment " + moment)) {
                    child.destroyForcibly().waitFor();
                    return true;
                }
            }
        } finally {
            child.destroyForcibly();
        }
        assertEquals(0, child.waitFor(), said.toString());
        assertTrue(said.toString().endsWith("finished\n"), said.toString());
        return false;
    }

    private static void assertKept(Map<String, FileTime> before, Map<String, FileTime> now, String story) {
        before.forEach((name, time) -> assertEquals(time, now.get(name), name + " was made again; " + story));
    }

    @Test
    void stopped_in_every_phase_it_ends_within_two_seconds_and_goes_on_to_the_same_bits() throws Exception {
        Path run = folder.resolve("stopped");
        for (String phase : List.of("teacher", "block library", "assembled networks", "labels", "trials", "latency", "finetuning", "measuring the picks")) {
            for (long moment : new long[] {1, 5}) {
                Moments stop = new Moments(phase, moment);
                assertThrows(
                        DonnaException.Cancelled.class,
                        () -> TinySearch.search(spec, run, TinySearch.Wish.plain().telling(stop)),
                        phase + " is not stopped at moment " + moment + " of " + stop.seen());
                assertTrue(stop.asked() && stop.secondsSinceAsked() < 2, phase + ": " + stop.secondsSinceAsked() + " s");
            }
        }
        TinySearch.search(spec, run, TinySearch.Wish.plain());
        assertEquals(undisturbed, RunFiles.bits(run));
    }

    @Test
    void a_finished_run_is_read_and_nothing_is_made_again() throws Exception {
        Path run = folder.resolve("alone");
        Map<String, FileTime> before = RunFiles.finished(run);
        Moments counter = new Moments("", 0);
        TinySearch.search(spec, run, TinySearch.Wish.plain().telling(counter));
        assertEquals(before, RunFiles.finished(run));
        assertEquals(0, counter.seen(), "nothing that could be stopped was done");
    }

    @Test
    void what_a_killed_write_left_behind_is_swept_away() throws Exception {
        Path run = Files.createDirectories(folder.resolve("swept"));
        Files.writeString(run.resolve("spec.resolved.json"), "{}");
        Path half = Files.createDirectories(run.resolve("labels")).resolve(".x.json123.tmp");
        Files.writeString(half, "{\"inp");
        RunFolder.open(run).close();
        assertFalse(Files.exists(half));
    }
}
