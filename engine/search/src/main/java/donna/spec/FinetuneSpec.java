package donna.spec;

import java.util.List;

/**
 * The last step: the picks from the front, trained from their library weights.
 *
 * @param latencyShares one pick per share: the best predicted accuracy at no more than this share of the teacher's
 *     latency
 * @param train how a pick is finetuned
 * @param kd loss of the finetuning
 * @param scratchLr learning rate of networks that start from random weights
 * @param longScratch factor on the epochs of the long training from scratch
 */
public record FinetuneSpec(List<Double> latencyShares, TrainSpec train, KdSpec kd, double scratchLr, int longScratch) {
    public FinetuneSpec {
        latencyShares = List.copyOf(latencyShares);
    }
}
