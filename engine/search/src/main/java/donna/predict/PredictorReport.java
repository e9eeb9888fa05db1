package donna.predict;

import donna.space.Architecture;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How well the predictor ranks and predicts architectures it has not seen, beside simpler scores.
 *
 * @param n labelled architectures
 * @param leaveOneOut of the predictor at its best: knowing trials where it was fitted so. Nested: all that
 *     is chosen is chosen inside each fold
 * @param searchLeaveOneOut of the predictor that the search asks, which knows block features alone
 * @param leavePairOutTau Kendall's tau of pairs that are each ordered by fits, of the predictor at its best, that saw
 *     neither: without the downward bias of a tau over the pooled predictions of different fits
 * @param baselines simpler scores by name: {@code sumOfNsr}, with its sign turned; {@code top1BeforeFinetuning} and
 *     {@code teacherKl} of the assembled network and {@code top1AfterTrial}, where known; and the caller's own
 * @param heldOut the same on architectures that were labelled for nothing else, where there are any
 * @param variant how NSRs enter the predictor that the search asks
 * @param strength of its pull towards the plain sum; infinite: the plain sum itself
 * @param next what to label next
 * @param labels one entry per label
 */
public record PredictorReport(
        int n,
        Quality leaveOneOut,
        Quality searchLeaveOneOut,
        double leavePairOutTau,
        Map<String, Baseline> baselines,
        Optional<HeldOut> heldOut,
        Variant variant,
        double strength,
        NextLabel next,
        List<Label> labels) {
    /** Accepted share of labels outside their intervals. */
    public static final double ALPHA = 0.1;

    public PredictorReport {
        baselines = Collections.unmodifiableMap(new LinkedHashMap<>(baselines));
        labels = List.copyOf(labels);
    }

    /**
     * Predictions against labels.
     *
     * @param tau Kendall's tau-b
     * @param spearman rank correlation
     * @param rmse root mean squared error, in the labels' unit
     */
    public record Quality(double tau, double spearman, double rmse) {
        static Quality of(double[] predicted, double[] y) {
            return new Quality(
                    Statistics.kendall(predicted, y), Statistics.spearman(predicted, y), Statistics.rmse(predicted, y));
        }
    }

    /**
     * A simpler score against labels.
     *
     * @param tau Kendall's tau-b of the score itself
     * @param rmse root mean squared error of a straight line through the labels over the score; leave-one-out where it
     *     is rated on the labels themselves
     */
    public record Baseline(double tau, double rmse) {}

    /**
     * Labelled architectures that nothing was fitted on.
     *
     * @param n how many
     * @param predictor at its best
     * @param search knowing block features alone
     * @param coverage share of the labels inside the predictor's intervals at level 0.9
     * @param baselines as above
     */
    public record HeldOut(
            int n, Quality predictor, Quality search, double coverage, Map<String, Baseline> baselines) {
        public HeldOut {
            baselines = Collections.unmodifiableMap(new LinkedHashMap<>(baselines));
        }
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

    /**
     * Puts the report together.
     *
     * @param scores further baselines by name, larger meaning more accurate
     * @param heldOut labelled architectures that the predictor was not fitted on; fewer than two are left out
     * @param pool architectures of which one is to be labelled next
     */
    public static PredictorReport of(
            AccuracyPredictor predictor,
            Map<String, ToDoubleFunction<LabelledArchitecture>> scores,
            List<LabelledArchitecture> heldOut,
            List<Architecture> pool) {
        Map<String, ToDoubleFunction<LabelledArchitecture>> all = new LinkedHashMap<>();
        all.put("sumOfNsr", l -> -predictor.features().sumOfNsr(l.architecture()));
        if (predictor.labels().stream().allMatch(l -> l.assembled().isPresent())) {
            all.put("top1BeforeFinetuning", l -> l.assembled().orElseThrow().top1());
            all.put("teacherKl", l -> -l.assembled().orElseThrow().teacherKl());
        }
        if (predictor.knowsTrials()) {
            all.put("top1AfterTrial", l -> l.trialTop1().orElseThrow());
        }
        all.putAll(scores);
        double[] y = predictor.accuracies();
        double[] nested = predictor.best().leaveOneOut();
        Setting setting = predictor.searching().whole().setting();
        Map<String, Baseline> baselines = new LinkedHashMap<>();
        all.forEach((name, score) -> baselines.put(name, baseline(predictor.labels(), score)));
        return new PredictorReport(
                y.length,
                Quality.of(nested, y),
                Quality.of(predictor.searching().leaveOneOut(), y),
                predictor.best().leavePairOutTau(),
                baselines,
                heldOut.size() < 2 ? Optional.empty() : Optional.of(heldOut(predictor, all, heldOut)),
                setting.variant(),
                setting.strength(),
                NextLabel.of(predictor, pool),
                IntStream.range(0, y.length)
                        .mapToObj(i -> new Label(
                                predictor.labels().get(i).architecture(),
                                y[i],
                                nested[i],
                                predictor.best().intervalWithout(i, ALPHA)))
                        .toList());
    }

    private static HeldOut heldOut(
            AccuracyPredictor predictor,
            Map<String, ToDoubleFunction<LabelledArchitecture>> scores,
            List<LabelledArchitecture> held) {
        double[] y = values(held, LabelledArchitecture::top1);
        double[] predicted = values(held, predictor::predictBest);
        double inside = held.stream()
                .filter(l -> predictor.intervalBest(l, ALPHA).contains(l.top1()))
                .count();
        Map<String, Baseline> baselines = new LinkedHashMap<>();
        scores.forEach((name, score) -> {
            double[] x = values(held, score);
            double[] known = values(predictor.labels(), score);
            Line line = Line.fit(known, predictor.accuracies());
            double[] fitted = IntStream.range(0, x.length).mapToDouble(i -> line.at(x[i])).toArray();
            baselines.put(name, new Baseline(Statistics.kendall(x, y), Statistics.rmse(fitted, y)));
        });
        double[] search = values(held, l -> predictor.predict(l.architecture()));
        return new HeldOut(
                y.length, Quality.of(predicted, y), Quality.of(search, y), inside / held.size(), baselines);
    }

    private static Baseline baseline(
            List<LabelledArchitecture> labels, ToDoubleFunction<LabelledArchitecture> score) {
        double[] x = values(labels, score);
        double[] y = values(labels, LabelledArchitecture::top1);
        double[] without = IntStream.range(0, y.length)
                .mapToDouble(i -> Line.fit(allBut(x, i), allBut(y, i)).at(x[i]))
                .toArray();
        return new Baseline(Statistics.kendall(x, y), Statistics.rmse(without, y));
    }

    private static double[] allBut(double[] v, int i) {
        return IntStream.range(0, v.length).filter(j -> j != i).mapToDouble(j -> v[j]).toArray();
    }

    private static double[] values(List<LabelledArchitecture> labels, ToDoubleFunction<LabelledArchitecture> of) {
        return labels.stream().mapToDouble(of).toArray();
    }

    /** Least squares of one score; flat where the score is constant or not finite. */
    private record Line(double meanX, double meanY, double slope) {
        static Line fit(double[] x, double[] y) {
            double meanX = IntStream.range(0, x.length).mapToDouble(i -> x[i]).sum() / x.length;
            double meanY = IntStream.range(0, x.length).mapToDouble(i -> y[i]).sum() / x.length;
            double xx = 0;
            double xy = 0;
            for (int i = 0; i < x.length; i++) {
                xx += (x[i] - meanX) * (x[i] - meanX);
                xy += (x[i] - meanX) * (y[i] - meanY);
            }
            return new Line(meanX, meanY, xx > 0 && Double.isFinite(xx) ? xy / xx : 0);
        }

        double at(double x) {
            return slope == 0 ? meanY : meanY + slope * (x - meanX);
        }
    }
}
