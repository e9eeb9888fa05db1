package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.evolve.AdditiveProblem.Limit;
import donna.evolve.AdditiveProblem.Term;
import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AskTellTest {
    private static final AdditiveProblem PROBLEM = limited(Tables.problem(3, 6, 20, 2));

    private static AdditiveProblem limited(AdditiveProblem free) {
        Term params = new Term("params", false, 0, Tables.table(99, 6, 20));
        return new AdditiveProblem(free.objectives(), List.of(new Limit(params, 3)));
    }

    private static AskTell search(Evolution evolution, boolean once) {
        return new AskTell(evolution, PROBLEM.options(), PROBLEM.goals(), List.of(), once);
    }

    static Rating rate(Problem problem, Architecture a) {
        double[] objectives = new double[problem.goals().size()];
        double[] excess = new double[problem.constraints()];
        problem.rate(a.choices(), objectives, excess);
        return new Rating(objectives, excess);
    }

    private static List<Rating> rate(List<Architecture> some) {
        return some.stream().map(a -> rate(PROBLEM, a)).toList();
    }

    @Test
    void wholePopulationsAreTheSameBitsAsARun() {
        Evolution evolution = new Evolution(60, 25, 0.9, 0.2, 7);
        List<Architecture> known = List.of(new Architecture(1, 2, 3, 4, 5, 6), new Architecture(0, 0, 0, 0, 0, 0));
        AskTell search = new AskTell(evolution, PROBLEM.options(), PROBLEM.goals(), known, false);
        while (!search.ended()) {
            search.tell(rate(search.ask(60)));
        }
        assertEquals(1500, search.evaluations());
        assertEquals(evolution.run(PROBLEM, known, 1), search.front());
    }

    @Test
    void oneAtATimeFindsWhatGenerationsFind() {
        double exact = ExactFront.of(PROBLEM).hypervolume(PROBLEM.worst());
        AskTell search = search(new Evolution(60, 40, 0.9, 0.2, 1), false);
        while (!search.ended()) {
            search.tell(rate(search.ask(1)));
        }
        double share = search.front().hypervolume(PROBLEM.worst()) / exact;
        assertTrue(share > 0.95 && share <= 1, "share " + share);
    }

    @Test
    void aSearchGoesOnWithTheSameBitsFromAnyMoment(@TempDir Path folder) {
        Evolution evolution =
                new Evolution(20, Variation.uniform(0.9, 0.2), Stop.evaluations(200).or(Stop.stagnation(50, 0)), 5);
        List<String> whole = new ArrayList<>();
        AskTell first = search(evolution, true);
        for (int step = 0; !first.ended(); step++) {
            whole.add(advance(first, step));
        }
        for (int stopAt = 0; stopAt < whole.size(); stopAt += 3) {
            AskTell some = search(evolution, true);
            for (int step = 0; step < stopAt; step++) {
                advance(some, step);
            }
            Path file = folder.resolve("search.json");
            some.save(file);
            AskTell resumed =
                    AskTell.resume(file, evolution, PROBLEM.options(), PROBLEM.goals(), List.of(), true);
            for (int step = stopAt; step < whole.size(); step++) {
                assertEquals(whole.get(step), advance(resumed, step), "stopped at " + stopAt + ", step " + step);
            }
            assertTrue(resumed.ended());
            assertEquals(first.front(), resumed.front());
        }
    }

    /** Asks for a few, and tells some of what is open: in order, out of order, or failed. */
    private static String advance(AskTell search, int step) {
        int room = 20 - search.open().size();
        List<Architecture> asked = room == 0 ? List.of() : search.ask(Math.min(room, 1 + step % 7));
        List<Architecture> open = search.open();
        if (step % 5 == 4) {
            search.tell(open.getFirst(), Rating.failed());
        } else if (step % 3 == 2) {
            search.tell(open.getLast(), rate(PROBLEM, open.getLast()));
        } else {
            search.tell(rate(open.subList(0, (open.size() + 1) / 2)));
        }
        return asked + " " + search.front() + " " + search.evaluations();
    }

    @Test
    void nothingIsAskedForTwiceIfSoWished() {
        AskTell search = search(new Evolution(20, Variation.uniform(0.9, 0.1), Stop.evaluations(400), 2), true);
        Set<Architecture> seen = new HashSet<>();
        while (!search.ended()) {
            List<Architecture> some = search.ask(5);
            some.forEach(a -> assertTrue(seen.add(a), "asked twice for " + a));
            search.tell(some.stream()
                    .map(a -> a.choice(0) % 2 == 0 ? Rating.failed() : rate(PROBLEM, a))
                    .toList());
        }
        assertEquals(400, seen.size());
        search.front().members().forEach(i -> assertEquals(1, i.architecture().choice(0) % 2));
    }

    @Test
    void whatIsNotAskedForCannotBeToldAndAnotherSearchIsNotResumed(@TempDir Path folder) throws IOException {
        Evolution evolution = new Evolution(20, 5, 0.9, 0.2, 1);
        AskTell search = search(evolution, false);
        List<Architecture> some = search.ask(3);
        assertThrows(DonnaException.InvalidInput.class, () -> search.ask(18));
        assertThrows(DonnaException.InvalidInput.class, () -> search.tell(rate(List.of(some.get(0), some.get(0),
                some.get(0), some.get(0)))));
        assertThrows(DonnaException.InvalidInput.class, () -> search.tell(List.of(Rating.of(1))));
        search.tell(some.get(1), rate(PROBLEM, some.get(1)));
        assertThrows(
                DonnaException.InvalidInput.class, () -> search.tell(some.get(1), rate(PROBLEM, some.get(1))));
        Path file = folder.resolve("search.json");
        search.save(file);
        Evolution other = new Evolution(20, 5, 0.9, 0.2, 2);
        assertThrows(
                DonnaException.InvalidInput.class,
                () -> AskTell.resume(file, other, PROBLEM.options(), PROBLEM.goals(), List.of(), false));
        Files.writeString(file, Files.readString(file).replaceFirst("\"rank\" : \\[ ", "\"rank\" : [ 0, "));
        assertThrows(
                DonnaException.InvalidInput.class,
                () -> AskTell.resume(file, evolution, PROBLEM.options(), PROBLEM.goals(), List.of(), false));
    }
}
