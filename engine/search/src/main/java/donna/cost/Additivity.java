package donna.cost;

import donna.predict.Statistics;
import donna.tensor.DonnaException;
import java.util.Arrays;

/**
 * How well the sum of separately measured parts tells the cost of whole networks.
 *
 * @param networks number of whole networks measured
 * @param ratioMedian median of whole divided by sum
 * @param ratioMin smallest ratio
 * @param ratioMax largest ratio
 * @param tau Kendall's tau-b between sums and wholes
 * @param errorAfterScalingPercent mean absolute error once every sum is multiplied by the median ratio
 */
public record Additivity(
        int networks,
        double ratioMedian,
        double ratioMin,
        double ratioMax,
        double tau,
        double errorAfterScalingPercent) {

    /**
     * Compares.
     *
     * @param sums of parts, by network
     * @param wholes the same networks measured whole, in the same unit
     * @throws DonnaException.InvalidInput if there are fewer than two networks, or a value that is not positive
     */
    public static Additivity of(double[] sums, double[] wholes) {
        if (sums.length != wholes.length
                || sums.length < 2
                || !Arrays.stream(sums).allMatch(v -> v > 0)
                || !Arrays.stream(wholes).allMatch(v -> v > 0)) {
            throw new DonnaException.InvalidInput("additivity of sums " + Arrays.toString(sums) + " and wholes "
                    + Arrays.toString(wholes) + "; expected at least two pairs of positive values");
        }
        double[] ratio = new double[sums.length];
        Arrays.setAll(ratio, i -> wholes[i] / sums[i]);
        double median = Statistics.median(ratio);
        return new Additivity(
                ratio.length,
                median,
                Arrays.stream(ratio).min().orElseThrow(),
                Arrays.stream(ratio).max().orElseThrow(),
                Statistics.kendall(sums, wholes),
                100
                        * Arrays.stream(ratio)
                                .map(r -> Math.abs(r / median - 1))
                                .average()
                                .orElseThrow());
    }
}
