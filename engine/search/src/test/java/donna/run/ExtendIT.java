package donna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Backends;
import donna.backend.Devices;
import donna.backend.Precision;
import donna.jobs.Progress;
import donna.report.Extension;
import donna.report.ExtensionPage;
import donna.report.Summary;
import donna.spec.Json;
import donna.tensor.DonnaException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Further candidates for a finished search, a second each. */
class ExtendIT {
    private static final String MORE = "candidates: [{type: mbconv, kernel: 7, expand: 2, depth: 1}, {type: fused, kernel: 5, expand: 1, depth: 1}]\n";

    @TempDir
    Path folder;

    private static Extension extend(Path run, Path file, Progress progress) {
        try (Devices devices = Backends.openAll("cpu", Precision.F32, line -> {});
                RunFolder open = RunFolder.open(run)) {
            Extend extend = Extend.of(open, file);
            return extend.run(ImageSource.open(extend.spec(), line -> {}), devices, progress, 4, 2);
        }
    }

    @Test
    void onlyNewCandidatesAreDistilledTimedAndChecked() throws Exception {
        Path run = folder.resolve("run");
        Summary old = TinySearch.search(TinySearch.write(folder), run, TinySearch.Wish.plain());
        Map<String, FileTime> before = RunFiles.finished(run);
        Map<?, ?> oldMs = candidateMs(run);
        Path more = Files.writeString(folder.resolve("more.yaml"), MORE);
        List<String> said = new CopyOnWriteArrayList<>();
        Extension e = extend(run, more, new Told(new AtomicInteger(), Integer.MAX_VALUE, said));

        Map<String, FileTime> after = RunFiles.finished(run);
        TreeSet<String> fresh = new TreeSet<>(after.keySet());
        fresh.removeAll(before.keySet());
        assertEquals(4, fresh.stream().filter(f -> f.startsWith("blocks/")).count(), fresh.toString());
        assertTrue(fresh.stream().filter(f -> f.startsWith("blocks/")).allMatch(f -> f.contains("mk7e2d1r") || f.contains("fk5e1d1r")), fresh.toString());
        List<String> labels = fresh.stream().filter(f -> f.startsWith("labels/")).toList();
        assertEquals(e.checks().stream().map(c -> "labels/" + c.architecture() + ".json").sorted().toList(), labels, "labels beside the checks");
        before.forEach((name, time) -> {
            if (name.startsWith("blocks/") || name.startsWith("labels/") || name.startsWith("teacher/")) {
                assertEquals(time, after.get(name), name + " was written again");
            }
        });
        Map<?, ?> newMs = candidateMs(run);
        assertEquals(12, newMs.size());
        assertEquals(oldMs.keySet(), retained(newMs, oldMs).keySet());
        boolean busy = said.stream().anyMatch(line -> line.contains("all candidates are measured again"));
        assertEquals(!busy, oldMs.equals(retained(newMs, oldMs)), "old latencies are kept, or it is said why not: " + said);

        assertEquals(4, e.added().size());
        assertEquals(4, e.checks().size());
        e.checks().forEach(c -> assertTrue(c.architecture().matches("(mk7e2d1r|fk5e1d1r)_(mk7e2d1r|fk5e1d1r)"), c.toString()));
        assertEquals(5, e.labels());
        Summary now = Json.read(run.resolve("summary.json"), Summary.class);
        assertEquals(12, now.library().candidates());
        assertEquals(names(old), names(now), "the predictor learned from the old labels");
        assertTrue(ExtensionPage.answer(e).get(1).contains("On 4 finetuned architectures"), ExtensionPage.answer(e).toString());
        assertTrue(Files.readString(run.resolve("extend.html")).contains(e.checks().getFirst().architecture()));
        assertEquals(Json.text(e), Json.text(extend(run, more, Progress.NONE)), "the same again from what is kept");

        Path known = Files.writeString(folder.resolve("known.yaml"), MORE + "# again\n");
        String m = assertThrows(DonnaException.InvalidInput.class, () -> extend(run, known, Progress.NONE)).getMessage();
        assertTrue(m.contains("has every candidate of it already"), m);
    }

    @Test
    void anExtensionThatWasStoppedGoesOn() throws Exception {
        Path run = folder.resolve("stopped");
        TinySearch.search(TinySearch.write(folder), run, TinySearch.Wish.plain());
        Path more = Files.writeString(folder.resolve("more.yaml"), MORE);
        AtomicInteger asked = new AtomicInteger();
        int stops = 0;
        for (int limit = 1; ; limit = 2 * limit + 1) {
            int last = limit;
            asked.set(0);
            try {
                Extension e = extend(run, more, new Told(asked, last, new CopyOnWriteArrayList<>()));
                assertEquals(4, e.checks().size());
                break;
            } catch (DonnaException.Cancelled stopped) {
                stops++;
            }
        }
        assertTrue(stops > 3, "stopped only " + stops + " times");
    }

    /** Keeps the lines, and asks to stop after a number of questions. */
    private record Told(AtomicInteger asked, int last, List<String> said) implements Progress {
        @Override
        public void phase(String name) {}

        @Override
        public void update(long done, long total, String unit) {}

        @Override
        public void line(String text) {
            said.add(text);
        }

        @Override
        public boolean cancelled() {
            return asked.incrementAndGet() > last;
        }
    }

    private static List<String> names(Summary s) {
        return s.predictor().labels().stream().map(Summary.Label::architecture).toList();
    }

    private static Map<?, ?> candidateMs(Path run) {
        Map<?, ?> kept = (Map<?, ?>) Json.read(run.resolve("latency.json"), Map.class).get("value");
        return (Map<?, ?>) ((Map<?, ?>) ((List<?>) kept.get("tables")).getFirst()).get("candidateMs");
    }

    private static Map<?, ?> retained(Map<?, ?> all, Map<?, ?> names) {
        Map<Object, Object> out = new TreeMap<>(all);
        out.keySet().retainAll(names.keySet());
        return out;
    }
}
