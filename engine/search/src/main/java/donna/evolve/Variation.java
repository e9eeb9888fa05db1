package donna.evolve;

import donna.tensor.DonnaException;

/**
 * How children differ from their parents.
 *
 * @param crossover how two parents are mixed
 * @param crossoverRate probability that they are; otherwise the child is a copy of one
 * @param mutation how a choice changes
 * @param mutationRate probability of each block's choice to change
 */
public record Variation(Crossover crossover, double crossoverRate, Mutation mutation, double mutationRate) {
    /** Which blocks come from which parent. */
    public enum Crossover {
        /** Each block from either with equal probability. */
        UNIFORM,
        /** The blocks between two cuts from one, the others from the other. */
        TWO_POINT
    }

    /** What a changed choice becomes. */
    public enum Mutation {
        /** Any option, drawn uniformly. */
        RESET,
        /** The option before or behind: for options in a meaningful order. */
        NEIGHBOUR
    }

    public Variation {
        if (!(crossoverRate >= 0 && crossoverRate <= 1) || !(mutationRate >= 0 && mutationRate <= 1)) {
            throw new DonnaException.InvalidInput("variation with crossover " + crossoverRate + " and mutation "
                    + mutationRate + "; expected probabilities from 0 to 1");
        }
    }

    /** Uniform crossover and reset mutation. */
    public static Variation uniform(double crossoverRate, double mutationRate) {
        return new Variation(Crossover.UNIFORM, crossoverRate, Mutation.RESET, mutationRate);
    }
}
