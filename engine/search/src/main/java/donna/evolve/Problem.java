package donna.evolve;

import java.util.List;

/** What is searched: choices, objectives, constraints. Usable from any thread at the same time. */
public interface Problem {
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
}
