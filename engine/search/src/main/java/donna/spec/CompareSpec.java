package donna.spec;

import java.util.List;

/**
 * Baselines at about the latency of each pick.
 *
 * @param random number of random architectures per pick
 * @param widths width factors of the uniformly scaled reference models
 * @param depths most layers that a block of the uniformly scaled reference models has
 * @param scratch whether each pick is also trained from random weights, as long as the pick and {@code longScratch}
 *     times as long
 */
public record CompareSpec(int random, List<Double> widths, List<Integer> depths, boolean scratch) {
    public CompareSpec {
        widths = List.copyOf(widths);
        depths = List.copyOf(depths);
    }
}
