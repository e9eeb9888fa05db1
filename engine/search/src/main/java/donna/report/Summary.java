package donna.report;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a search found, in numbers: the content of {@code summary.json} and all that {@link ReportWriter} needs. The unit is in the name; every
 * {@code top1} and {@code predictedTop1} is a share of 1, NSR is the noise-to-signal ratio of blockwise distillation (0 is a perfect copy), tau is
 * Kendall's rank correlation. Immutable.
 *
 * @param name the search's name, from its spec
 * @param version of the program
 * @param machine processor, cores and operating system in words
 * @param device as the backend names it
 * @param seed that everything random was derived from
 * @param threads workers used; results do not depend on it
 * @param dataset name
 * @param testImages images behind every {@code top1} of {@code teacher}, {@code models} and {@code baselines}
 * @param teacher the reference model
 * @param library trained candidates
 * @param predictor how well accuracy is predicted
 * @param latency how latency was measured, and whether blocks add up
 * @param evolution how the front was found
 * @param front the Pareto front, fastest first
 * @param models the picks, finetuned, exported and measured as whole networks
 * @param baselines comparisons; empty unless asked for
 * @param epochs cost of the run in training epochs
 * @param seconds by phase, in order
 * @param peakMemoryBytes highest resident memory of the process
 */
public record Summary(
        String name,
        String version,
        String machine,
        String device,
        long seed,
        int threads,
        String dataset,
        int testImages,
        Teacher teacher,
        Library library,
        Predictor predictor,
        Latency latency,
        Evolution evolution,
        List<FrontPoint> front,
        List<Model> models,
        List<Baseline> baselines,
        Epochs epochs,
        Map<String, Double> seconds,
        long peakMemoryBytes) {

    public Summary {
        front = List.copyOf(front);
        models = List.copyOf(models);
        baselines = List.copyOf(baselines);
        seconds = Collections.unmodifiableMap(new LinkedHashMap<>(seconds));
    }

    /**
     * The reference model.
     *
     * @param architecture its short form
     * @param top1 on the test images
     * @param latencyMs of one batch, measured as a whole network
     * @param macs multiply-accumulates for one image
     * @param params trainable numbers
     */
    public record Teacher(String architecture, double top1, double latencyMs, long macs, long params) {}

    /**
     * The block library.
     *
     * @param candidates trained
     * @param seconds that took
     * @param blocks in the order of the network
     */
    public record Library(int candidates, double seconds, List<Block> blocks) {
        public Library {
            blocks = List.copyOf(blocks);
        }
    }

    /**
     * One block with its candidates.
     *
     * @param name of the block
     * @param candidates that can be used
     * @param failed one line for each candidate whose training diverged
     */
    public record Block(String name, List<Candidate> candidates, List<String> failed) {
        public Block {
            candidates = List.copyOf(candidates);
            failed = List.copyOf(failed);
        }
    }

    /** One trained candidate of a block. */
    public record Candidate(String name, double nsr, double latencyMs, long macs, long params) {}

    /**
     * The accuracy predictor.
     *
     * @param n labelled architectures it was fitted on
     * @param leaveOneOutTau rank correlation of predictions that never saw the architecture they predict, nested: everything is chosen inside each fold
     * @param leaveOneOutRmse of the same predictions, as a share of 1
     * @param naiveSumTau rank correlation of the plain sum of the blocks' NSRs, the baseline to beat; the other baselines are beside it
     * @param searchTau rank correlation of what the search asks, which has seen no trials
     * @param searchRmse its error, as a share of 1
     * @param baselines rank correlation of other ways to rank, by name
     * @param heldOut the same on architectures labelled for nothing else: one entry, or none unless asked for
     * @param next what to label next
     * @param labels the architectures it was fitted on
     */
    public record Predictor(
            int n,
            double leaveOneOutTau,
            double leaveOneOutRmse,
            double naiveSumTau,
            double searchTau,
            double searchRmse,
            Map<String, Double> baselines,
            List<HeldOut> heldOut,
            NextLabel next,
            List<Label> labels) {
        public Predictor {
            baselines = Collections.unmodifiableMap(new LinkedHashMap<>(baselines));
            heldOut = List.copyOf(heldOut);
            labels = List.copyOf(labels);
        }
    }

    /**
     * Predictions of architectures that nothing was fitted on.
     *
     * @param n how many
     * @param tau rank correlation
     * @param rmse as a share of 1
     * @param coverage share of measured accuracies inside their intervals, which promise 0.9
     * @param baselines rank correlation of other ways to rank, by name
     */
    public record HeldOut(int n, double tau, double rmse, double coverage, Map<String, Double> baselines) {
        public HeldOut {
            baselines = Collections.unmodifiableMap(new LinkedHashMap<>(baselines));
        }
    }

    /**
     * What a further label would teach.
     *
     * @param standardError of predictions over the space now, as a share of 1
     * @param standardErrorAfter with that label
     */
    public record NextLabel(String architecture, double standardError, double standardErrorAfter) {}

    /**
     * A finetuned architecture that the predictor learned from.
     *
     * @param top1 measured on the validation images
     * @param predictedTop1 by the predictor that did not see it
     * @param lowTop1 lower end of the prediction's interval
     * @param highTop1 upper end
     */
    public record Label(String architecture, double top1, double predictedTop1, double lowTop1, double highTop1) {}

    /**
     * Latency of blocks against whole networks.
     *
     * @param batch images in a batch
     * @param threads the network runs on
     * @param sumToWholeTau rank correlation of the sum of blocks with the whole network
     * @param ratioLow smallest whole divided by sum
     * @param ratioMedian median whole divided by sum
     * @param ratioHigh largest whole divided by sum
     * @param networks the networks that were checked
     */
    public record Latency(
            int batch, int threads, double sumToWholeTau, double ratioLow, double ratioMedian, double ratioHigh, List<Network> networks) {
        public Latency {
            networks = List.copyOf(networks);
        }
    }

    /** A network measured as a whole, beside the sum of its blocks. */
    public record Network(String architecture, double sumMs, double wholeMs) {}

    /**
     * The search itself.
     *
     * @param algorithm in words
     * @param evaluations architectures rated
     * @param hypervolume dominated by the front, in share of 1 times milliseconds, against the worst corner of what was sampled
     * @param exactHypervolume the same of the true front, computed exactly; 0 where it could not be
     * @param randomHypervolume the same of the front of as many random architectures
     * @param sampled architectures to draw, front apart; a part of those rated where they are many
     */
    public record Evolution(
            String algorithm,
            int population,
            int generations,
            long evaluations,
            double hypervolume,
            double exactHypervolume,
            double randomHypervolume,
            List<Sample> sampled) {
        public Evolution {
            sampled = List.copyOf(sampled);
        }
    }

    /** A rated architecture, without its name. */
    public record Sample(double predictedTop1, double latencyMs) {}

    /**
     * A member of the Pareto front; latency is the sum of its blocks.
     *
     * @param lowTop1 lower end of the prediction's interval
     * @param highTop1 upper end
     */
    public record FrontPoint(String architecture, double predictedTop1, double lowTop1, double highTop1, double latencyMs) {}

    /**
     * A pick: finetuned, measured, exported.
     *
     * @param name why it was picked, such as {@code "at 0.25 of the teacher's latency"}
     * @param top1 on the test images after finetuning
     * @param validationTop1 on the validation images, which is what {@code predictedTop1} predicts
     * @param lowTop1 lower end of the prediction's interval
     * @param highTop1 upper end
     * @param blocksOutside blocks whose NSR lies outside what was labelled, so that the prediction extrapolates
     * @param latencyMs measured as a whole network
     * @param predictedLatencyMs sum of its blocks
     * @param onnxMaxAbsDiff largest difference of a logit between the exported file and this engine
     * @param folder its files, relative to the run folder
     */
    public record Model(
            String name,
            String architecture,
            double top1,
            double validationTop1,
            double predictedTop1,
            double lowTop1,
            double highTop1,
            List<String> blocksOutside,
            double latencyMs,
            double predictedLatencyMs,
            long macs,
            long params,
            double onnxMaxAbsDiff,
            String folder) {
        public Model {
            blocksOutside = List.copyOf(blocksOutside);
        }
    }

    /**
     * Something else at about the same latency.
     *
     * @param kind {@code scaled reference}, {@code random architecture}, {@code from scratch}
     * @param comparedWith architecture of the pick beside which it stands
     * @param epochs it was trained for
     */
    public record Baseline(
            String kind, String architecture, String comparedWith, double epochs, double top1, double latencyMs, long macs, long params) {}

    /**
     * Cost in passes over the whole training set.
     *
     * @param teacher training the reference model
     * @param library all candidates together
     * @param predictor all labelled architectures together, and trials
     * @param perModel each further model
     */
    public record Epochs(double teacher, double library, double predictor, double perModel) {}
}
