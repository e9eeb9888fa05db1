package donna.space;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.spec.Attention;
import donna.spec.BlockType;
import donna.spec.Json;
import donna.tensor.Activation;
import donna.tensor.DonnaException;
import java.math.BigInteger;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SearchSpaceTest {
    private static final Candidate A = Candidate.parse("mk5e4d2Sw");
    private static final Candidate B = Candidate.parse("gk3e2d1r");
    private static final Candidate C = Candidate.parse("fk3e2d1hw");
    private static final SearchSpace SPACE = new SearchSpace(
            List.of(new Block("b1", 16, 24, 1), new Block("b2", 24, 40, 2)), List.of(List.of(A, B, C), List.of(B, C)));

    @Test
    void everyCandidateParsesBackFromItsShortForm() {
        Set<String> seen = new HashSet<>();
        for (BlockType type : BlockType.values()) {
            for (Activation act : Activation.values()) {
                for (Attention se : Attention.values()) {
                    for (int number : new int[] {8, 16}) {
                        String family = type == BlockType.COMPOSED ? "own-1a2b3c" : "";
                        int width = type == BlockType.GROUPED ? number : 8;
                        int heads = type == BlockType.TRANSFORMER ? number : 1;
                        double share = number == 8 ? 1 : 0.29;
                        Candidate c = new Candidate(type, 7, 12, 3, se, act, width, heads, share, family, Optional.empty());
                        assertEquals(c, Candidate.parse(c.toString()), c.toString());
                        seen.add(c.toString());
                    }
                }
            }
        }
        assertEquals(BlockType.values().length * 2 * 8 * 4, seen.size());
        assertEquals("mk5e4d2Sw", A.toString());
        assertEquals("gk3e2d1rW16", new Candidate(BlockType.GROUPED, 3, 2, 1, false, Activation.RELU, 16).toString());
        assertThrows(DonnaException.InvalidInput.class, () -> Candidate.parse("mk5e4d2"));
    }

    @Test
    void groupsFollowTheType() {
        Block block = new Block("b", 16, 24, 2);
        assertEquals(64, A.hidden(block, 0));
        assertEquals(96, A.hidden(block, 1));
        assertEquals(64, A.groups(64));
        assertEquals(4, B.groups(32));
        assertEquals(1, C.groups(32));
    }

    @Test
    void enumerationListsEveryArchitectureOnceInOrder() {
        List<Architecture> all = SPACE.enumerate();
        assertEquals(BigInteger.valueOf(6), SPACE.size());
        assertEquals(6, new HashSet<>(all).size());
        assertEquals(new Architecture(0, 0), all.getFirst());
        assertEquals(new Architecture(2, 1), all.getLast());
        assertEquals(all.stream().sorted().toList(), all);
    }

    @Test
    void architecturesParseBackFromBothForms() {
        for (Architecture a : SPACE.enumerate()) {
            assertEquals(a, SPACE.parse(a.toString()));
            assertEquals(a, SPACE.parse(SPACE.name(a)));
            assertEquals(a, Json.parse(Json.text(a), Architecture.class));
        }
        assertNotEquals(new Architecture(1, 2), new Architecture(2, 1));
    }

    @Test
    void architecturesOfAnotherSpaceAreRefusedWithTheReason() {
        assertTrue(refusal("3-0").contains("choice 3 of block b1; allowed 0 to 2"));
        assertTrue(refusal("0-0-0").contains("3 choices, the space has 2 blocks"));
        assertTrue(refusal("0-").contains("cannot be read"));
        assertTrue(refusal("mk5e4d2Sw_mk5e4d2Sw").contains("block b2 has no candidate mk5e4d2Sw"));
    }

    @Test
    void anArchitectureCannotBeChangedFromOutside() {
        int[] choices = {1, 1};
        Architecture a = new Architecture(choices);
        choices[0] = 0;
        a.choices()[1] = 0;
        assertEquals(new Architecture(1, 1), a);
    }

    private static String refusal(String text) {
        return assertThrows(DonnaException.InvalidInput.class, () -> SPACE.parse(text))
                .getMessage();
    }
}
