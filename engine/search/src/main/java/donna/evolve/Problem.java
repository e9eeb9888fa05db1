package donna.evolve;

import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.util.Arrays;
import java.util.List;

/** What is searched: choices, objectives, constraints. Usable from any thread at the same time. */
public interface Problem {
    /** Most blocks. */
    int MAX_BLOCKS = 64;

    /** Most options of a block. */
    int MAX_OPTIONS = 4096;

    /** Most objectives. */
    int MAX_GOALS = 4;

    /** Number of options of each block. */
    int[] options();

    /** What is traded off, in order. */
    List<Goal> goals();

    /** Number of constraints. */
    default int constraints() {
        return 0;
    }

    /**
     * Rates one architecture.
     *
     * @param choices one per block, not to be kept
     * @param objectives receives a value per goal; one that is not finite makes the architecture the worst of all
     * @param excess receives a value per constraint: by how much it is broken, 0 or less where it holds
     */
    void rate(int[] choices, double[] objectives, double[] excess);

    /**
     * One objective.
     *
     * @param name with its unit
     * @param maximise whether larger is better
     */
    record Goal(String name, boolean maximise) {}

    /** Which goals are maximised. */
    static boolean[] directions(List<Goal> goals) {
        boolean[] maximise = new boolean[goals.size()];
        for (int k = 0; k < maximise.length; k++) {
            maximise[k] = goals.get(k).maximise();
        }
        return maximise;
    }

    /**
     * Checks that a space can be searched and holds the architectures known.
     *
     * @throws DonnaException.InvalidInput if it has too many blocks, options or goals, or an architecture is not in it
     */
    static void check(int[] options, List<Goal> goals, List<Architecture> known) {
        if (options.length < 1
                || options.length > MAX_BLOCKS
                || Arrays.stream(options).anyMatch(o -> o < 1 || o > MAX_OPTIONS)
                || goals.isEmpty()
                || goals.size() > MAX_GOALS) {
            throw new DonnaException.InvalidInput("search over options " + Arrays.toString(options) + " with "
                    + goals.size() + " goals; expected 1 to " + MAX_BLOCKS + " blocks of 1 to " + MAX_OPTIONS
                    + " options, and 1 to " + MAX_GOALS + " goals");
        }
        for (Architecture a : known) {
            boolean inside = a.length() == options.length;
            for (int n = 0; n < options.length && inside; n++) {
                inside = a.choice(n) >= 0 && a.choice(n) < options[n];
            }
            if (!inside) {
                throw new DonnaException.InvalidInput("known architecture " + a + " is not in the space of options "
                        + Arrays.toString(options) + "; expected one choice below each");
            }
        }
    }
}
