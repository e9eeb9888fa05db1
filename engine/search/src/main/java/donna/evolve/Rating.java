package donna.evolve;

import java.util.Arrays;

/**
 * What an architecture is worth, told from outside. Immutable.
 *
 * @param objectives a value per goal, in the goal's own direction; none where the evaluation failed
 * @param excess by how much each constraint is broken, 0 or less where it holds
 */
public record Rating(double[] objectives, double[] excess) {
    private static final Rating FAILED = new Rating(new double[0], new double[0]);

    public Rating {
        objectives = objectives.clone();
        excess = excess.clone();
    }

    /** A rating without constraints. */
    public static Rating of(double... objectives) {
        return new Rating(objectives, new double[0]);
    }

    /** The rating of what could not be rated: worse than any other. */
    public static Rating failed() {
        return FAILED;
    }

    /** Whether there are no values. */
    public boolean isFailed() {
        return objectives.length == 0;
    }

    /** A copy of the values. */
    @Override
    public double[] objectives() {
        return objectives.clone();
    }

    /** A copy of what is broken. */
    @Override
    public double[] excess() {
        return excess.clone();
    }

    /** Whether there are finite values and all constraints hold. */
    public boolean isFeasible() {
        return !isFailed()
                && Arrays.stream(objectives).allMatch(Double::isFinite)
                && Arrays.stream(excess).allMatch(e -> e <= 0);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Rating r
                && Arrays.equals(objectives, r.objectives)
                && Arrays.equals(excess, r.excess);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(objectives) + Arrays.hashCode(excess);
    }

    @Override
    public String toString() {
        return isFailed() ? "failed" : Arrays.toString(objectives) + (excess.length == 0 ? "" : " excess "
                + Arrays.toString(excess));
    }
}
