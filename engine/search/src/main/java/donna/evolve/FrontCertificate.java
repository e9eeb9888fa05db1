package donna.evolve;

import donna.evolve.AdditiveProblem.Term;
import java.util.List;

/**
 * What proves that a front is complete: for every number of blocks, values that bound all partial architectures of that
 * length. {@link CertificateChecker} checks it without knowing how it was found. As JSON it stands for itself.
 *
 * @param terms the sums, objectives first
 * @param objectives how many of the terms are objectives
 * @param limits upper bounds on terms
 * @param slack for each term, by how much a bound of a layer may be worse than what it stands for
 * @param layers one for each block
 * @param front the members claimed
 */
public record FrontCertificate(
        List<Term> terms,
        int objectives,
        List<Bound> limits,
        double[] slack,
        List<Layer> layers,
        List<Individual> front) {
    /** An upper bound on the term of a number. */
    public record Bound(int term, double atMost) {}

    /**
     * Bounds of the architectures' first blocks.
     *
     * @param last for each point the last choice that it stands for; empty if each stands for any
     * @param values a value per term for each point, maximised ones negated, points by rising first value within each
     *     last choice
     */
    public record Layer(int[] last, double[] values) {}
}
