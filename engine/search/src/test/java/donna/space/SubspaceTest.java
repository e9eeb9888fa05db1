package donna.space;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.DonnaException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SubspaceTest {
    private static final SearchSpace SPACE = new SearchSpace(
            List.of(new Block("b1", 8, 16, 2), new Block("b2", 16, 24, 1)),
            List.of(
                    candidates("mk3e2d1r", "mk5e2d1r", "mk7e2d1r", "mk3e2d2Sw"),
                    candidates("mk3e2d1r", "fk3e2d1r")));

    private static List<Candidate> candidates(String... names) {
        return Arrays.stream(names).map(Candidate::parse).toList();
    }

    @Test
    void conditionsChooseCandidatesOfEveryBlock() {
        assertArrayEquals(new boolean[][] {{true, true, false, true}, {true, true}}, Subspace.parse("kernel=3,5", SPACE).mask(SPACE));
        assertArrayEquals(new boolean[][] {{true, false, false, false}, {true, false}}, Subspace.parse("kernel=3 se=false type!=fused", SPACE).mask(SPACE));
        assertArrayEquals(new boolean[][] {{false, false, false, true}, {false, false}}, Subspace.parse("act=swish", SPACE).mask(SPACE));
    }

    @Test
    void theTextIsReadBack() {
        for (String text : List.of("kernel=3,5", "kernel=3 se=false type!=fused")) {
            assertEquals(text, Subspace.parse(text, SPACE).toString());
        }
    }

    @Test
    void everyAxisOnWhichCandidatesDifferIsTakenApart() {
        List<String> all = Subspace.ofAxes(SPACE).stream().map(Subspace::toString).toList();
        assertEquals(
                List.of("type=mbconv", "type=fused", "kernel=3", "kernel=5", "kernel=7", "kernel!=3", "kernel!=5", "kernel!=7", "depth=1", "depth=2",
                        "se=false", "se=true", "act=relu", "act=swish"),
                all);
        assertEquals(Set.of("2"), Subspace.axes(SPACE).get("expand"));
    }

    @Test
    void mistakesNameWhatThereIs() {
        assertRefused("kernel", "expected AXIS=VALUE");
        assertRefused("size=3", "no axis 'size'");
        assertRefused("kernel=3,9", "kernel is never one of [3, 9]");
    }

    private static void assertRefused(String text, String why) {
        String m = assertThrows(DonnaException.InvalidInput.class, () -> Subspace.parse(text, SPACE)).getMessage();
        assertTrue(m.contains(why), m);
    }
}
