package donna.evolve;

import donna.space.Architecture;
import java.util.Arrays;

/**
 * An architecture and what it is worth. Immutable.
 *
 * @param architecture which one
 * @param objectives a value per goal, in the goal's own direction
 */
public record Individual(Architecture architecture, double... objectives) {
    public Individual {
        objectives = objectives.clone();
    }

    /** A copy of the values. */
    @Override
    public double[] objectives() {
        return objectives.clone();
    }

    /** The value of goal {@code k}. */
    public double objective(int k) {
        return objectives[k];
    }

    boolean isWorthAsMuchAs(Individual other) {
        return Arrays.equals(objectives, other.objectives);
    }

    boolean isFinite() {
        for (double v : objectives) {
            if (!Double.isFinite(v)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Individual i
                && architecture.equals(i.architecture)
                && Arrays.equals(objectives, i.objectives);
    }

    @Override
    public int hashCode() {
        return 31 * architecture.hashCode() + Arrays.hashCode(objectives);
    }

    @Override
    public String toString() {
        return architecture + " " + Arrays.toString(objectives);
    }
}
