package donna.report;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which choices of a search space matter on a device: exact fronts of its parts beside its own. Predicted accuracies are shares of 1. Immutable.
 *
 * @param name of the run
 * @param version of the program
 * @param dataset name
 * @param machine on which latency was measured
 * @param device as the backend names it
 * @param cost what accuracy is traded against: {@code latencyMs}, {@code macs} or {@code params}
 * @param predictorRmse leave-one-out error of the predictor, as a share of 1
 * @param predictorTau leave-one-out rank correlation of the predictor
 * @param architectures in the whole space
 * @param whole its front, cheapest first
 * @param parts of the space, those whose loss is largest first
 * @param uses what the whole space's front is made of
 */
public record Exploration(
        String name,
        String version,
        String dataset,
        String machine,
        String device,
        String cost,
        double predictorRmse,
        double predictorTau,
        String architectures,
        List<Point> whole,
        List<Part> parts,
        List<Use> uses) {
    public Exploration {
        whole = List.copyOf(whole);
        parts = List.copyOf(parts);
        uses = List.copyOf(uses);
    }

    /** A member of a front. */
    public record Point(String architecture, double predictedTop1, double cost) {}

    /** What the loss of a part means. */
    public enum Verdict {
        /** Somewhere the loss exceeds the predictor's own error. */
        MATTERS,
        /** In between. */
        LITTLE,
        /** The mean loss is below a tenth of the predictor's error, and equal accuracy costs at most 2 % more. */
        NOT,
        /** Some block has no candidate left. */
        IMPOSSIBLE
    }

    /**
     * The front of a part of the space.
     *
     * @param condition such as {@code kernel=3}
     * @param same further conditions that leave the same candidates
     * @param architectures in it
     * @param hypervolumeShare of the whole front's
     * @param reach share of the whole front's costs, on a logarithmic scale, at which the part has an architecture
     * @param meanLoss predicted accuracy lost at equal cost
     * @param worstLoss largest loss
     * @param worstCost where that is
     * @param costRatio cost at equal predicted accuracy, as a multiple
     * @param emptyBlock block without a candidate; empty unless {@code verdict} is {@code IMPOSSIBLE}, in which case nothing was compared
     * @param front cheapest first
     */
    public record Part(
            String condition,
            List<String> same,
            String architectures,
            double hypervolumeShare,
            double reach,
            double meanLoss,
            double worstLoss,
            double worstCost,
            double costRatio,
            Verdict verdict,
            String emptyBlock,
            List<Point> front) {
        public Part {
            same = List.copyOf(same);
            front = List.copyOf(front);
        }
    }

    /**
     * How often the whole space's front takes a value.
     *
     * @param shares of the front's members, by block
     */
    public record Use(String axis, String value, Map<String, Double> shares) {
        public Use {
            shares = Collections.unmodifiableMap(new LinkedHashMap<>(shares));
        }
    }
}
