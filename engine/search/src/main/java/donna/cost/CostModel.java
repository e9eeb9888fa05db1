package donna.cost;

import donna.space.Architecture;

/** What an architecture costs in one unit; smaller is better. Usable from any thread. */
public sealed interface CostModel permits AdditiveCost, Measured {
    /** What it counts, with its unit, such as {@code latencyMs}. */
    String name();

    /** The cost of one architecture. */
    double of(Architecture architecture);
}
