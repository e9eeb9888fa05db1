package donna.evolve;

import donna.tensor.DonnaException;
import java.util.List;

/**
 * What is lost when only a part of a space may be used: its front beside the whole space's, both over a score to be maximised and a cost to be minimised.
 *
 * @param hypervolumeShare volume of the part's front as a share of the whole's
 * @param reach share of the costs (evenly spaced on a logarithmic scale from the whole's cheapest to its dearest member) at which the part has a member
 * @param meanLoss score lost at equal cost, the mean over those costs; not a number where there are none
 * @param worstLoss the largest loss among them
 * @param worstCost where that is
 * @param costRatio cost for equal score, the part's divided by the whole's: geometric mean over evenly spaced scores that the part reaches
 */
public record FrontComparison(
        double hypervolumeShare, double reach, double meanLoss, double worstLoss, double worstCost, double costRatio) {
    private static final int POINTS = 101;

    /**
     * Compares.
     *
     * @param part not empty
     * @param worst reference point of the volumes
     * @throws DonnaException.InvalidInput unless the goals are a score and a cost
     */
    public static FrontComparison of(ParetoFront whole, ParetoFront part, double[] worst) {
        List<Problem.Goal> goals = whole.goals();
        if (goals.size() != 2 || !goals.get(0).maximise() || goals.get(1).maximise() || !goals.equals(part.goals())) {
            throw new DonnaException.InvalidInput(
                    "comparison of fronts over " + goals + " and " + part.goals() + "; expected a score to maximise and a cost to minimise");
        }
        double cheapest = cost(whole.members().getFirst());
        double dearest = cost(whole.members().getLast());
        int reached = 0;
        double sum = 0;
        double worstLoss = Double.NEGATIVE_INFINITY;
        double worstCost = Double.NaN;
        for (int i = 0; i < POINTS; i++) {
            double at = i == POINTS - 1 ? dearest : cheapest * Math.pow(dearest / cheapest, i / (POINTS - 1.0));
            double loss = score(whole, at) - score(part, at);
            if (loss < Double.POSITIVE_INFINITY) {
                reached++;
                sum += loss;
                if (loss > worstLoss) {
                    worstLoss = loss;
                    worstCost = at;
                }
            }
        }
        double volume = whole.hypervolume(worst);
        return new FrontComparison(
                volume > 0 ? part.hypervolume(worst) / volume : 1,
                reached / (double) POINTS,
                reached > 0 ? sum / reached : Double.NaN,
                reached > 0 ? worstLoss : Double.NaN,
                worstCost,
                costRatio(whole, part));
    }

    private static double costRatio(ParetoFront whole, ParetoFront part) {
        double high = part.members().getLast().objective(0);
        double low = Math.min(whole.members().getFirst().objective(0), high);
        double logs = 0;
        for (int i = 0; i < POINTS; i++) {
            double score = i == POINTS - 1 ? high : low + (high - low) * i / (POINTS - 1);
            logs += Math.log(cost(part, score) / cost(whole, score));
        }
        return Math.exp(logs / POINTS);
    }

    private static double cost(Individual i) {
        return i.objective(1);
    }

    /** The best score at no more than {@code cost}; minus infinity where nothing is so cheap. */
    private static double score(ParetoFront front, double cost) {
        return front.best(1, cost).map(i -> i.objective(0)).orElse(Double.NEGATIVE_INFINITY);
    }

    /** The least cost of a score of at least {@code score}, which the front reaches. */
    private static double cost(ParetoFront front, double score) {
        return front.members().stream()
                .filter(i -> i.objective(0) >= score)
                .mapToDouble(FrontComparison::cost)
                .min()
                .orElseThrow();
    }
}
