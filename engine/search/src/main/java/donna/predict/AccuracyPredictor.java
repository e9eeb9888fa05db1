package donna.predict;

import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Predicts an architecture's accuracy from what is known of its blocks, and more sharply where a trial of its
 * finetuning showed where that leads.
 *
 * <p>Least squares, shrunk towards one common slope for the NSRs of all blocks, or towards the accuracy after the trial
 * alone; how strongly, and in which form, is chosen by exact leave-one-out. Monotone: predicted accuracy never rises with a block's NSR. Immutable, usable from
 * any thread; the same input gives the same bits however many threads fit it.
 */
public final class AccuracyPredictor {
    /** As many labels as it needs. */
    public static final int LEAST_LABELS = 4;

    private final BlockFeatures features;
    private final List<LabelledArchitecture> labels;
    private final double[] accuracies;
    private final Map<Variant, Terms> terms = new EnumMap<>(Variant.class);
    private final Map<Variant, Design> designs = new EnumMap<>(Variant.class);
    private final Model search;
    private final Optional<Model> second;

    /**
     * How to fit.
     *
     * @param monotone whether predicted accuracy may never rise with a block's NSR over the range of the library
     * @param trials whether the accuracy after a trial of finetuning is a further feature
     */
    public record Options(boolean monotone, boolean trials) {}

    private AccuracyPredictor(BlockFeatures features, List<LabelledArchitecture> labels, Options options) {
        this.features = features;
        this.labels = labels;
        accuracies = labels.stream().mapToDouble(LabelledArchitecture::top1).toArray();
        for (Variant v : Terms.variants(features)) {
            Terms t = new Terms(v, features);
            terms.put(v, t);
            double[][] rows =
                    labels.stream().map(l -> t.row(l.architecture())).toArray(double[][]::new);
            designs.put(v, new Design(v, rows, t.columns()));
        }
        search = new Model(List.copyOf(designs.values()), accuracies, options.monotone());
        second = options.trials() ? Optional.of(second(options.monotone())) : Optional.empty();
    }

    /** Of what the trial says and the blocks add to it; where all trials ended alike, they say nothing. */
    private Model second(boolean monotone) {
        double[] trials = labels.stream().mapToDouble(l -> l.trialTop1().orElseThrow()).toArray();
        double spread = Statistics.deviation(trials);
        Columns trial = new Columns(List.of(new Columns.Column(spread > 0 ? spread : 1, spread > 0, true)));
        List<Design> wider = new ArrayList<>();
        designs.forEach((v, d) -> {
            double[][] rows = IntStream.range(0, trials.length)
                    .mapToObj(i -> with(d.rows()[i], trials[i]))
                    .toArray(double[][]::new);
            wider.add(new Design(v, rows, (spread > 0 ? d.columns().unpulled() : d.columns()).and(trial)));
        });
        return new Model(wider, accuracies, monotone);
    }

    /**
     * Fits a predictor.
     *
     * @param labels at least four architectures whose candidates all have finite features
     * @throws DonnaException.InvalidInput if there are too few labels, or one does not fit the features, is not finite
     *     or lacks what the options ask for
     */
    public static AccuracyPredictor fit(BlockFeatures features, List<LabelledArchitecture> labels, Options options) {
        if (labels.size() < LEAST_LABELS) {
            throw new DonnaException.InvalidInput("accuracy predictor: " + labels.size()
                    + " labelled architectures; at least " + LEAST_LABELS
                    + " are needed, 14 or more are useful; raise predictor.architectures");
        }
        for (LabelledArchitecture label : labels) {
            if (!features.usable(label.architecture()) || !Double.isFinite(label.top1())) {
                throw new DonnaException.InvalidInput("accuracy predictor: label " + label
                        + " is not finite or chooses a block without finite features; leave it out");
            }
            if (options.trials() && !Double.isFinite(label.trialTop1().orElse(Double.NaN))) {
                throw new DonnaException.InvalidInput("accuracy predictor: label " + label
                        + " has no finite accuracy of a trial; leave it out, or fit without trials");
            }
        }
        return new AccuracyPredictor(features, List.copyOf(labels), options);
    }

    /** Predicted accuracy, in the labels' unit; minus infinity where a candidate failed. */
    public double predict(Architecture architecture) {
        return features.usable(architecture) ? search.whole().predict(row(architecture)) : Double.NEGATIVE_INFINITY;
    }

    /**
     * Predicted accuracy of an architecture of which there was a trial; minus infinity where that diverged.
     *
     * @throws DonnaException.InvalidInput if the predictor was fitted without trials
     */
    public double predict(Architecture architecture, double trialTop1) {
        return features.usable(architecture) && Double.isFinite(trialTop1)
                ? second().whole().predict(row(architecture, trialTop1))
                : Double.NEGATIVE_INFINITY;
    }

    /**
     * Where the architecture's accuracy is expected: jackknife+ (Barber, Candes, Ramdas, Tibshirani 2021). Coverage is
     * at least 1 - 2 alpha for any distribution and typically 1 - alpha.
     *
     * @param alpha accepted share of misses, such as 0.1
     */
    public Interval interval(Architecture architecture, double alpha) {
        return search.interval(row(architecture), alpha);
    }

    /** The same of an architecture of which there was a trial. */
    public Interval interval(Architecture architecture, double trialTop1, double alpha) {
        return second().interval(row(architecture, trialTop1), alpha);
    }

    /** The sharpest prediction that what is known of an architecture allows; its label is not looked at. */
    double predictBest(LabelledArchitecture known) {
        return knowsTrials()
                ? predict(known.architecture(), known.trialTop1().orElseThrow())
                : predict(known.architecture());
    }

    /** The interval of {@link #predictBest}. */
    Interval intervalBest(LabelledArchitecture known, double alpha) {
        return knowsTrials()
                ? interval(known.architecture(), known.trialTop1().orElseThrow(), alpha)
                : interval(known.architecture(), alpha);
    }

    /** What is the same for every architecture. */
    public double intercept() {
        return search.whole().fit().intercept();
    }

    /**
     * What each candidate adds to the prediction from block features, by block; {@code predict} is their sum, that of
     * the {@link #pairs} and the intercept, up to rounding. Minus infinity for failed candidates.
     */
    public double[][] contributions() {
        Terms chosen = terms.get(search.whole().setting().variant());
        double[][] out = new double[features.blocks()][];
        for (int n = 0; n < out.length; n++) {
            out[n] = new double[features.options(n)];
            for (int m = 0; m < out[n].length; m++) {
                double[] row = new double[chosen.columns().count()];
                if (features.usable(n, m)) {
                    chosen.add(n, m, row);
                    out[n][m] = search.whole().fit().weigh(row);
                } else {
                    out[n][m] = Double.NEGATIVE_INFINITY;
                }
            }
        }
        return out;
    }

    /**
     * What the candidates of blocks n and n + 1 add together, at {@code [n][candidate][next candidate]}; empty unless
     * cross terms were chosen. Zero for failed candidates, which {@link #contributions} rule out.
     */
    public double[][][] pairs() {
        Terms chosen = terms.get(search.whole().setting().variant());
        double[][][] out = new double[chosen.pairs()][][];
        for (int n = 0; n < out.length; n++) {
            out[n] = new double[features.options(n)][features.options(n + 1)];
            for (int m = 0; m < out[n].length; m++) {
                for (int next = 0; next < out[n][m].length; next++) {
                    double[] row = new double[chosen.columns().count()];
                    if (features.usable(n, m) && features.usable(n + 1, next)) {
                        chosen.addPair(n, m, next, row);
                    }
                    out[n][m][next] = search.whole().fit().weigh(row);
                }
            }
        }
        return out;
    }

    /**
     * The blocks in which the architecture lies outside what was labelled, so that its prediction extrapolates: those
     * whose NSR is below or above those of all labelled architectures; without NSRs, those whose candidate no labelled
     * architecture has.
     */
    public List<Integer> blocksOutside(Architecture architecture) {
        return IntStream.range(0, features.blocks())
                .filter(n -> {
                    int own = architecture.choice(n);
                    if (!features.usable(n, own)) {
                        return true;
                    }
                    if (!features.hasNsr()) {
                        return labels.stream()
                                .noneMatch(l -> l.architecture().choice(n) == own);
                    }
                    double[] seen = labels.stream()
                            .mapToDouble(l -> features.nsr(n, l.architecture().choice(n)))
                            .sorted()
                            .toArray();
                    double x = features.nsr(n, own);
                    return x < seen[0] || x > seen[seen.length - 1];
                })
                .boxed()
                .toList();
    }

    /** The labels it was fitted on. */
    public List<LabelledArchitecture> labels() {
        return labels;
    }

    /** The features it was fitted on. */
    public BlockFeatures features() {
        return features;
    }

    /** Whether it knows trials. */
    public boolean knowsTrials() {
        return second.isPresent();
    }

    /** What predicts from block features alone. */
    Model searching() {
        return search;
    }

    /** What predicts best: knowing trials, where it does. */
    Model best() {
        return second.orElse(search);
    }

    /** Accuracies of the labels, in their order. */
    double[] accuracies() {
        return accuracies.clone();
    }

    /** The labels' block features. */
    Design design(Variant variant) {
        return designs.get(variant);
    }

    /** An architecture's block features. */
    double[] row(Variant variant, Architecture architecture) {
        return terms.get(variant).row(architecture);
    }

    private Model second() {
        return second.orElseThrow(() -> new DonnaException.InvalidInput("accuracy predictor: it was fitted without"
                + " trials; fit it with them, or predict without"));
    }

    private Function<Variant, double[]> row(Architecture architecture) {
        return v -> row(v, architecture);
    }

    private Function<Variant, double[]> row(Architecture architecture, double trialTop1) {
        return v -> with(row(v, architecture), trialTop1);
    }

    private static double[] with(double[] row, double last) {
        double[] all = Arrays.copyOf(row, row.length + 1);
        all[row.length] = last;
        return all;
    }
}
