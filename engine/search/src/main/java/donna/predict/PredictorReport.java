package donna.predict;

import donna.space.Architecture;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well the predictor ranks and predicts architectures it has not seen.
 *
 * @param n labelled architectures
 * @param leaveOneOutTau Kendall's tau-b between labels and nested leave-one-out predictions
 * @param leaveOneOutSpearman Spearman's correlation of the same
 * @param leaveOneOutRmse root mean squared error of the same, in the labels' unit
 * @param secondStageTau tau of nested predictions that know the accuracy before finetuning as well
 * @param secondStageRmse root mean squared error of the same
 * @param naiveSumTau tau of the plain sum of NSRs, its sign turned
 * @param beforeFinetuningTau tau of the accuracy before finetuning
 * @param baselines tau of further scores, by name
 * @param variant how NSR enters
 * @param strength of the pull towards the plain sum; infinite: the plain sum itself
 * @param labels one entry per label
 */
public record PredictorReport(
        int n,
        double leaveOneOutTau,
        double leaveOneOutSpearman,
        double leaveOneOutRmse,
        double secondStageTau,
        double secondStageRmse,
        double naiveSumTau,
        double beforeFinetuningTau,
        Map<String, Double> baselines,
        Variant variant,
        double strength,
        List<Label> labels) {
    public PredictorReport {
        baselines = Collections.unmodifiableMap(new LinkedHashMap<>(baselines));
        labels = List.copyOf(labels);
    }

    /**
     * A label beside the prediction that never saw it.
     *
     * @param architecture which one
     * @param top1 measured
     * @param predictedTop1 by nested leave-one-out
     * @param interval around the prediction at level 0.9, from the other labels' errors
     */
    public record Label(Architecture architecture, double top1, double predictedTop1, Interval interval) {}
}
