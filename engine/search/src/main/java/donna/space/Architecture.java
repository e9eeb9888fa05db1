package donna.space;

import donna.tensor.DonnaException;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * One choice per block: entry n is the index of the candidate that block n is built as. Immutable. As text {@code
 * 7-11-11-17}, as JSON
 * {@code {"choices": [7, 11, 11, 17]}}.
 */
public record Architecture(int... choices) implements Comparable<Architecture> {
    public Architecture {
        choices = choices.clone();
    }

    /** A copy of the choices. */
    @Override
    public int[] choices() {
        return choices.clone();
    }

    /** Number of blocks. */
    public int length() {
        return choices.length;
    }

    /** The choice of block {@code n}. */
    public int choice(int n) {
        return choices[n];
    }

    /**
     * Reads the form of {@link #toString}; {@link SearchSpace#parse} also checks that the choices exist.
     *
     * @throws DonnaException.InvalidInput if {@code text} is not whole numbers joined by {@code -}
     */
    public static Architecture parse(String text) {
        if (!text.matches("\\d{1,9}(-\\d{1,9})*")) {
            throw new DonnaException.InvalidInput(
                    "architecture '" + text + "' cannot be read; expected one number per block, such as 7-11-11-17");
        }
        return new Architecture(
                Arrays.stream(text.split("-")).mapToInt(Integer::parseInt).toArray());
    }

    /** Lexicographic in the choices. */
    @Override
    public int compareTo(Architecture other) {
        return Arrays.compare(choices, other.choices);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Architecture a && Arrays.equals(choices, a.choices);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(choices);
    }

    @Override
    public String toString() {
        return Arrays.stream(choices).mapToObj(Integer::toString).collect(Collectors.joining("-"));
    }
}
