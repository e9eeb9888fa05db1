package donna.spec;

import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The search over architectures.
 *
 * @param algorithm how the space is searched
 * @param population individuals per generation
 * @param islands among which they are divided; empty for as many as such a population usually has
 * @param generations number of generations
 * @param crossover probability that a pair of parents is mixed
 * @param mutation probability that one block's choice is drawn anew
 * @param objectives what is traded off, the first against the others
 * @param limits upper bounds that every architecture must keep
 */
public record EvolutionSpec(
        Algorithm algorithm,
        int population,
        OptionalInt islands,
        int generations,
        double crossover,
        double mutation,
        List<Objective> objectives,
        Limits limits) {
    public EvolutionSpec {
        objectives = List.copyOf(objectives);
    }

    /** Search algorithms. */
    public enum Algorithm {
        NSGA2,
        RANDOM
    }

    /** What may be searched: accuracy is maximised, everything else minimised. */
    public enum Objective {
        ACCURACY,
        LATENCY,
        MACS,
        PARAMS
    }

    /** Upper bounds; an empty one does not bind. */
    public record Limits(OptionalDouble latencyMs, OptionalDouble macs, OptionalDouble params) {}
}
