package donna.spec;

import java.util.List;

/**
 * The accuracy predictor and the architectures it is fitted on.
 *
 * @param labels names of the architectures to label; empty: {@code architectures} of them are chosen
 * @param architectures number of labelled architectures
 * @param pool number of random architectures they are chosen from, evenly spaced in the sum of their NSRs
 * @param heldOut number of further finetuned architectures, drawn uniformly, on which the predictor is only rated
 * @param monotone whether predicted accuracy may never rise with a block's NSR
 * @param secondStage whether the most promising architectures are told apart by a trial of their finetuning too
 * @param train how each labelled architecture is finetuned
 * @param kd loss of that finetuning
 */
public record PredictorSpec(
        List<String> labels,
        int architectures,
        int pool,
        int heldOut,
        boolean monotone,
        boolean secondStage,
        TrainSpec train,
        KdSpec kd) {
    public PredictorSpec {
        labels = List.copyOf(labels);
    }

    /** The same predictor fitted on these architectures and no others. */
    public PredictorSpec withLabels(List<String> names) {
        return new PredictorSpec(names, architectures, pool, heldOut, monotone, secondStage, train, kd);
    }

    /** The same predictor with another training of what it labels. */
    public PredictorSpec withTrain(TrainSpec other) {
        return new PredictorSpec(labels, architectures, pool, heldOut, monotone, secondStage, other, kd);
    }
}
