package donna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.report.Exploration;
import donna.report.Extension;
import donna.report.Summary;
import donna.spec.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done with a finished search of the tiny spec: explored, extended, its models compressed; each verb as a process of its own. */
class VerbsIT {
    private static final String TINY = "../../examples/specs/tiny.yaml";

    @TempDir
    static Path folder;

    private static Path run;

    @BeforeAll
    static void search() throws IOException, InterruptedException {
        TinyImages.write(folder);
        run = folder.resolve("run");
        done("search", TINY, "--run", run.toString(), "--set", "dataset.name=idx", "--set", "dataset.path=" + folder);
    }

    private static Launched done(String... arguments) throws IOException, InterruptedException {
        Launched launched = Launched.start(folder, List.of(arguments));
        assertEquals(0, launched.exitCode(), launched.err());
        return launched;
    }

    @Test
    void exploreSaysWhichChoicesMatter() throws IOException, InterruptedException {
        String answer = done("explore", run.toString()).out();
        assertTrue(answer.contains("All fronts are exact") && answer.contains("report: " + run.resolve("explore.html")), answer);
        Exploration e = Json.parse(done("explore", run.toString(), "--subspace", "kernel=3 se=false", "--cost", "macs", "--json").out(), Exploration.class);
        assertEquals(List.of("kernel=3 se=false"), e.parts().stream().map(Exploration.Part::condition).toList());
        assertEquals("macs", e.cost());
        Launched wrong = Launched.start(folder, List.of("explore", run.toString(), "--subspace", "size=3"));
        assertEquals(1, wrong.exitCode());
        assertTrue(wrong.err().contains("no axis 'size'; the space has [type, kernel"), wrong.err());
    }

    @Test
    void extendGoesOnAfterItWasKilledAndEndsInALargerRun() throws IOException, InterruptedException {
        Path copy = copy("larger");
        Path more = Files.writeString(folder.resolve("more.yaml"), "candidates: [{type: mbconv, kernel: 7, expand: 2, depth: [1, 2]}]\n");
        List<String> extend = List.of("extend", copy.toString(), "--add", more.toString(), "--check", "3");
        for (int wait = 700; wait < 3000; wait += 700) {
            Launched killed = Launched.start(folder, extend);
            Thread.sleep(wait);
            killed.kill();
        }
        String answer = done(extend.toArray(String[]::new)).out();
        assertTrue(answer.contains("4 candidates were distilled and timed (4 can be used)") && answer.contains("On 3 finetuned architectures"), answer);
        Extension e = Json.read(copy.resolve("extend.json"), Extension.class);
        assertTrue(e.checks().stream().allMatch(c -> c.architecture().matches("mk7e2d[12]r_mk7e2d[12]r")), e.checks().toString());
        Summary before = Json.read(run.resolve("summary.json"), Summary.class);
        Summary after = Json.read(copy.resolve("summary.json"), Summary.class);
        assertEquals(before.library().candidates() + 4, after.library().candidates());
        assertEquals(before.predictor().labels().stream().map(Summary.Label::architecture).toList(),
                after.predictor().labels().stream().map(Summary.Label::architecture).toList());
        String resumed = done("resume", copy.toString()).out();
        assertTrue(resumed.contains("report: " + copy.resolve("report.html")), resumed);
    }

    @Test
    void compressReachesFromTheModelDownAndShowsScaledModelsBeside() throws IOException, InterruptedException {
        Path place = folder.resolve("compressed");
        String out = done("compress", "--model", TINY, "--data", folder.toString(), "--target", "macs=70%", "--run", place.toString(), "--set",
                        "distill.train.images=128", "--set", "predictor.architectures=5").out();
        assertTrue(out.contains("at 0.7 of the teacher's cost"), out);
        Summary s = Json.read(place.resolve("summary.json"), Summary.class);
        s.library().blocks().forEach(b -> assertTrue(b.candidates().stream().anyMatch(c -> c.nsr() == 0), "the model's own block is in the space: " + b));
        assertTrue(s.models().stream().allMatch(m -> m.macs() <= 0.7 * s.teacher().macs()), s.models().toString());
        Path again = folder.resolve("further");
        String found = s.models().getFirst().folder();
        done("compress", "--model", place.resolve(found).toString(), "--target", "size=97%", "--run", again.toString());
        Summary further = Json.read(again.resolve("summary.json"), Summary.class);
        assertEquals(s.models().getFirst().architecture(), further.teacher().architecture());
        assertEquals(s.models().getFirst().top1(), further.teacher().top1());
        Launched wrong = Launched.start(folder, List.of("compress", "--model", TINY, "--target", "speed=2"));
        assertEquals(1, wrong.exitCode());
        assertTrue(wrong.err().contains("target 'speed=2' cannot be read"), wrong.err());
    }

    @Test
    void everyVerbHasHelp() throws IOException, InterruptedException {
        for (String verb : List.of("explore", "extend", "compress")) {
            String help = done(verb, "--help").out();
            assertTrue(help.startsWith("Usage: donna " + verb), help);
            assertFalse(help.contains("null"), help);
        }
    }

    private static Path copy(String name) throws IOException {
        Path to = folder.resolve(name);
        try (Stream<Path> all = Files.walk(run)) {
            for (Path p : all.toList()) {
                Files.copy(p, to.resolve(run.relativize(p).toString()));
            }
        }
        return to;
    }
}
