package donna.spec;

/**
 * The accuracy predictor and the architectures it is fitted on.
 *
 * @param architectures number of labelled architectures
 * @param pool number of random architectures they are chosen from, evenly spaced in the sum of their NSRs
 * @param monotone whether predicted accuracy may never rise with a block's NSR
 * @param secondStage whether the accuracy of the assembled network before finetuning is a further feature
 * @param train how each labelled architecture is finetuned
 * @param kd loss of that finetuning
 */
public record PredictorSpec(
        int architectures, int pool, boolean monotone, boolean secondStage, TrainSpec train, KdSpec kd) {}
