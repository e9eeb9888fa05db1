package donna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.jobs.Progress;
import donna.report.Exploration;
import donna.report.ExplorationWords;
import donna.space.Architecture;
import donna.space.Subspace;
import donna.spec.EvolutionSpec.Objective;
import donna.spec.Json;
import donna.tensor.DonnaException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exploring a finished search of 16 architectures, all of which can be counted. */
class ExploreIT {
    @TempDir
    static Path folder;

    private static Path run;

    @BeforeAll
    static void search() throws Exception {
        run = folder.resolve("run");
        TinySearch.search(TinySearch.write(folder), run, TinySearch.Wish.plain());
    }

    private static Exploration explore(List<String> parts, Optional<Objective> cost) {
        try (RunFolder open = RunFolder.open(run)) {
            return Explore.run(open, parts, cost, Progress.NONE);
        }
    }

    @Test
    void predictionsAndCostsAreThoseOfTheSearch() throws Exception {
        try (RunFolder open = RunFolder.open(run)) {
            FinishedRun finished = FinishedRun.read(open);
            for (FrontStage.Member m : RunFiles.front(run)) {
                Architecture a = m.architecture();
                assertEquals(m.predictedTop1(), finished.predictor().predict(a));
                assertEquals(m.objectives()[1], finished.costs().macs().of(a));
                assertEquals(m.latencyMs(), finished.costs().latency().of(a), 1e-9 * m.latencyMs());
            }
        }
    }

    @Test
    void everyFrontIsThatOfAllItsArchitecturesCountedOneByOne() {
        Exploration e = explore(List.of(), Optional.empty());
        assertEquals("macs", e.cost());
        assertEquals("16", e.architectures());
        try (RunFolder open = RunFolder.open(run)) {
            FinishedRun finished = FinishedRun.read(open);
            List<Architecture> all = finished.space().enumerate();
            assertEquals(byPairs(finished, all), e.whole().stream().map(Exploration.Point::architecture).toList());
            for (Exploration.Part p : e.parts()) {
                boolean[][] mask = Subspace.parse(p.condition(), finished.space()).mask(finished.space());
                List<Architecture> inside = all.stream().filter(a -> mask[0][a.choice(0)] && mask[1][a.choice(1)]).toList();
                assertEquals(Integer.toString(inside.size()), p.architectures());
                assertEquals(byPairs(finished, inside), p.front().stream().map(Exploration.Point::architecture).toList(), p.condition());
                assertTrue(p.hypervolumeShare() <= 1 + 1e-12 && p.costRatio() >= 1, p.toString());
            }
        }
        List<String> conditions = e.parts().stream().map(Exploration.Part::condition).toList();
        assertTrue(conditions.containsAll(List.of("type=mbconv", "kernel=3", "kernel=5")), conditions.toString());
        Exploration.Part swish = e.parts().stream().filter(p -> p.condition().equals("se=true") || p.same().contains("se=true")).findFirst().orElseThrow();
        assertTrue(swish.same().contains("act=swish") || swish.condition().equals("act=swish"), "the same candidates: " + swish);
        e.uses().forEach(u -> u.shares().values().forEach(share -> assertTrue(share >= 0 && share <= 1, u.toString())));
    }

    private static List<String> byPairs(FinishedRun run, List<Architecture> all) {
        return all.stream()
                .filter(a -> all.stream().noneMatch(b -> better(run, b, a)))
                .sorted((a, b) -> Double.compare(run.costs().macs().of(a), run.costs().macs().of(b)))
                .map(run.space()::name)
                .toList();
    }

    private static boolean better(FinishedRun run, Architecture a, Architecture b) {
        double scores = run.predictor().predict(a) - run.predictor().predict(b);
        double costs = run.costs().macs().of(b) - run.costs().macs().of(a);
        return Math.abs(scores) < 1e-15 ? costs > 0 : scores > 0 && costs >= 0;
    }

    @Test
    void theAnswerIsWrittenInWordsAndAsAPage() throws Exception {
        Exploration e = explore(List.of("kernel=3 type=mbconv", "se=true kernel=5"), Optional.of(Objective.LATENCY));
        assertEquals(2, e.parts().size());
        List<String> words = ExplorationWords.answer(e);
        assertTrue(words.stream().anyMatch(w -> w.contains("se=true kernel=5") && w.contains("cannot be built: block b1")), words.toString());
        assertTrue(words.stream().anyMatch(w -> w.contains("kernel=3 type=mbconv")), words.toString());
        assertEquals(Json.text(e), Json.text(Json.read(run.resolve("explore.json"), Exploration.class)));
        String page = Files.readString(run.resolve("explore.html"));
        assertTrue(page.contains("What matters in run") && page.contains("kernel=3 type=mbconv"), "no answer in the page");
    }

    @Test
    void anUnfinishedRunIsRefused() throws Exception {
        Path half = Files.createDirectories(folder.resolve("half"));
        Files.copy(run.resolve(RunFolder.SPEC), half.resolve(RunFolder.SPEC));
        try (RunFolder open = RunFolder.open(half)) {
            String m = assertThrows(DonnaException.InvalidInput.class, () -> Explore.run(open, List.of(), Optional.empty(), Progress.NONE)).getMessage();
            assertTrue(m.contains("donna resume"), m);
        }
    }
}
