package donna.spec;

/**
 * The accuracy predictor and the architectures it is fitted on.
 *
 * @param architectures number of labelled architectures
 * @param pool number of random architectures they are chosen from, evenly spaced in the sum of their NSRs
 * @param heldOut number of further finetuned architectures, drawn uniformly, on which the predictor is only rated
 * @param monotone whether predicted accuracy may never rise with a block's NSR
 * @param secondStage whether the most promising architectures are told apart by what their assembled networks give
 *     before finetuning too
 * @param train how each labelled architecture is finetuned
 * @param kd loss of that finetuning
 */
public record PredictorSpec(
        int architectures, int pool, int heldOut, boolean monotone, boolean secondStage, TrainSpec train, KdSpec kd) {}
