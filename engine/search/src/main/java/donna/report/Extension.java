package donna.report;

import java.util.List;

/**
 * What further candidates did to a finished search: how well the predictor, which never saw them, ranks them, and what the front gains. Accuracies are
 * shares of 1. Immutable.
 *
 * @param name of the run
 * @param version of the program
 * @param dataset name
 * @param machine on which latency was measured
 * @param device as the backend names it
 * @param added the new candidates
 * @param labels architectures that the predictor was fitted on; none of them holds a new candidate
 * @param leaveOneOutTau rank correlation among those, leave-one-out
 * @param leaveOneOutRmse error of the same
 * @param checks architectures of new candidates, finetuned as the labels were; best prediction first
 * @param tau rank correlation of the predictions with the checks; not a number where there are fewer than two
 * @param naiveTau the same of the plain sum of NSRs
 * @param rmse error of the predictions
 * @param bias mean of measured less predicted
 * @param frontShare share of the front's members that hold a new candidate
 * @param meanGain predicted accuracy that the front gains at equal latency
 * @param costRatio latency of the front without the new candidates at equal predicted accuracy, as a multiple of that with them
 * @param before front without the new candidates, fastest first
 * @param after front with them
 */
public record Extension(
        String name,
        String version,
        String dataset,
        String machine,
        String device,
        List<Added> added,
        int labels,
        double leaveOneOutTau,
        double leaveOneOutRmse,
        List<Check> checks,
        double tau,
        double naiveTau,
        double rmse,
        double bias,
        double frontShare,
        double meanGain,
        double costRatio,
        List<Exploration.Point> before,
        List<Exploration.Point> after) {
    public Extension {
        added = List.copyOf(added);
        checks = List.copyOf(checks);
        before = List.copyOf(before);
        after = List.copyOf(after);
    }

    /**
     * A new candidate.
     *
     * @param nsr infinite where its training failed
     */
    public record Added(String block, String candidate, double nsr, double latencyMs) {}

    /**
     * An architecture whose every extended block is a new candidate.
     *
     * @param lowTop1 lower end of the prediction's 90 % interval
     * @param highTop1 upper end
     * @param extrapolates whether a block's NSR lies outside those of the labels
     */
    public record Check(String architecture, double top1, double predictedTop1, double lowTop1, double highTop1, boolean extrapolates) {}
}
