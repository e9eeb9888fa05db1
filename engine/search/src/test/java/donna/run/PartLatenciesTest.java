package donna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Backends;
import donna.backend.Device;
import donna.distill.Images;
import donna.distill.Setting;
import donna.jobs.Progress;
import donna.jobs.Store;
import donna.space.SearchSpace;
import donna.spec.SearchSpec;
import donna.train.Workers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is timed, and what becomes of it, with a meter whose answers are known. */
class PartLatenciesTest {
    private static final String MORE =
            "[{type: mbconv, kernel: [3, 5], expand: 2, depth: 1}, {type: grouped, kernel: 3, expand: 2, depth: 1, se: true, act: swish},"
                    + " {type: fused, kernel: 3, expand: 1, depth: 1}, {type: mbconv, kernel: 7, expand: 2, depth: 1}]";

    @TempDir
    Path folder;

    private Path spec;
    private final List<Integer> asked = new ArrayList<>();
    private final List<String> lines = new ArrayList<>();

    @BeforeEach
    void data() throws Exception {
        spec = TinySearch.write(folder);
    }

    /** Subject i takes {@code factor * (i + 1)} milliseconds. */
    private PartLatencies.Parts parts(Map<String, String> set, double factor) {
        SearchSpec read = SearchSpec.read(spec, set);
        Images images = ImageSource.open(read, line -> {});
        Progress progress = new Progress() {
            @Override
            public void phase(String name) {}

            @Override
            public void update(long done, long total, String unit) {}

            @Override
            public void line(String text) {
                lines.add(text);
            }
        };
        try (Device device = Backends.open("reference", line -> {});
                Workers workers = new Workers(device, 1);
                RunFolder run = RunFolder.open(folder.resolve("run"))) {
            Setting setting = new Setting(read, SearchSpace.of(read), images, workers, progress, Store.NONE, 15);
            return new PartLatencies(setting, run, "inputs", (batch, subjects, seconds) -> {
                        asked.add(subjects.size());
                        double[] ms = new double[subjects.size()];
                        Arrays.setAll(ms, i -> factor * (i + 1));
                        return ms;
                    })
                    .run(List.of(4))
                    .getFirst();
        }
    }

    @Test
    void aLargerSpaceTimesItsNewCandidatesBesideTheTeachersPartsAndBringsThemToTheOldScale() {
        PartLatencies.Parts first = parts(Map.of(), 1);
        assertEquals(List.of(2 + 2 + 8), asked);
        assertEquals(1, first.stemMs());
        assertEquals(2, first.headMs());
        assertEquals(List.of(3.0, 4.0), Arrays.stream(first.teacherMs()).boxed().toList());
        assertEquals(5, first.candidateMs().get("b1/mk3e2d1r"));
        assertEquals(12, first.candidateMs().get("b2/fk3e1d1r"));

        PartLatencies.Parts larger = parts(Map.of("space.candidates", MORE), 1.25);
        assertEquals(List.of(12, 2 + 2 + 2), asked);
        first.candidateMs().forEach((name, ms) -> assertEquals(ms, larger.candidateMs().get(name), name));
        assertEquals(5, larger.candidateMs().get("b1/mk7e2d1r"), 1e-12);
        assertEquals(6, larger.candidateMs().get("b2/mk7e2d1r"), 1e-12);
        assertTrue(lines.getFirst().contains("1.250 times"), lines.toString());

        assertEquals(larger.candidateMs(), parts(Map.of("space.candidates", MORE), 9).candidateMs());
        assertEquals(2, asked.size(), "nothing new, nothing timed");
    }

    @Test
    void aMachineInAnotherStateTimesEverythingAgain() {
        parts(Map.of(), 1);
        PartLatencies.Parts again = parts(Map.of("space.candidates", MORE), 3);
        assertEquals(List.of(12, 6, 14), asked);
        assertEquals(3, again.stemMs());
        assertEquals(3 * 5, again.candidateMs().get("b1/mk3e2d1r"));
        assertTrue(lines.getFirst().contains("measured again"), lines.toString());
    }
}
