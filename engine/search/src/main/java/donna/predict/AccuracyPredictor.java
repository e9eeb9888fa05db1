package donna.predict;

import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Predicts an architecture's accuracy from the NSRs of its blocks: an intercept and one contribution per block.
 *
 * <p>Least squares on the blocks' levels, squares or logarithms, shrunk towards one common slope for all blocks; how
 * strongly, and in which
 * form, is chosen by exact leave-one-out. Monotone: predicted accuracy never rises with a block's NSR. Immutable,
 * usable from any thread;
 * the same input gives the same bits however many threads fit it.
 */
public final class AccuracyPredictor {
    private static final double LEVEL = 0.1;

    private final double[][] nsr;
    private final List<LabelledArchitecture> labels;
    private final BlockDesign[] designs = new BlockDesign[Variant.values().length];
    private final Setting setting;
    private final BlockRegression.Fit fit;
    private final double[] nested;
    private final Setting[] foldSettings;
    private final BlockRegression.Fit[] foldFits;
    private final SecondStage secondStage;

    private AccuracyPredictor(double[][] nsr, List<LabelledArchitecture> labels, boolean monotone) {
        this.nsr = nsr;
        this.labels = labels;
        int n = labels.size();
        double[] y = labels.stream().mapToDouble(LabelledArchitecture::top1).toArray();
        BlockRegression[] regressions = new BlockRegression[designs.length];
        double[][][] rows = new double[designs.length][n][];
        for (Variant v : Variant.values()) {
            designs[v.ordinal()] = new BlockDesign(v, nsr);
            for (int i = 0; i < n; i++) {
                rows[v.ordinal()][i] = row(v, labels.get(i).architecture());
            }
            regressions[v.ordinal()] = new BlockRegression(rows[v.ordinal()], y, designs[v.ordinal()], monotone);
        }
        CrossValidation validation = new CrossValidation(regressions, rows, y);
        int[] chosen = validation.chooseNested();
        nested = validation.nested(chosen);
        foldSettings = Arrays.stream(chosen).mapToObj(Setting.ALL::get).toArray(Setting[]::new);
        foldFits = IntStream.range(0, n)
                .mapToObj(i -> regressions[foldSettings[i].variant().ordinal()].fit(foldSettings[i].strength(), i))
                .toArray(BlockRegression.Fit[]::new);
        int whole = validation.choose();
        setting = Setting.ALL.get(whole);
        fit = regressions[setting.variant().ordinal()].fit(setting.strength());
        secondStage = SecondStage.fit(validation, whole, chosen, labels);
    }

    /**
     * Fits a predictor.
     *
     * @param nsr held-out NSR of every candidate, by block; not finite where a candidate failed, which is then
     *     predicted at minus infinity
     * @param labels at least four architectures without failed candidates
     * @param monotone whether predicted accuracy may never rise with a block's NSR over the range of the library
     * @throws DonnaException.InvalidInput if there are too few labels, or one does not fit the table or is not finite
     */
    public static AccuracyPredictor fit(double[][] nsr, List<LabelledArchitecture> labels, boolean monotone) {
        if (labels.size() < 4) {
            throw new DonnaException.InvalidInput("accuracy predictor: " + labels.size()
                    + " labelled architectures; at least 4 are needed, 14 or more are useful; raise"
                    + " predictor.architectures");
        }
        double[][] table = Arrays.stream(nsr).map(double[]::clone).toArray(double[][]::new);
        for (LabelledArchitecture label : labels) {
            Architecture a = label.architecture();
            boolean fits = a.length() == table.length
                    && IntStream.range(0, table.length)
                            .allMatch(n -> a.choice(n) >= 0
                                    && a.choice(n) < table[n].length
                                    && Double.isFinite(table[n][a.choice(n)]));
            if (!fits || !Double.isFinite(label.top1())) {
                throw new DonnaException.InvalidInput("accuracy predictor: label " + label
                        + " is not finite or chooses a block without a finite NSR; leave it out");
            }
        }
        return new AccuracyPredictor(table, List.copyOf(labels), monotone);
    }

    /** The sum of NSRs of an architecture's blocks, the naive score: smaller is better. */
    public static double sumOfNsr(double[][] nsr, Architecture architecture) {
        return IntStream.range(0, nsr.length)
                .mapToDouble(n -> nsr[n][architecture.choice(n)])
                .sum();
    }

    /** Predicted accuracy, in the labels' unit. */
    public double predict(Architecture architecture) {
        return predict(setting, fit, architecture);
    }

    /**
     * Predicted accuracy of an architecture whose network was assembled from the block library, batch norm
     * recalibrated, and evaluated.
     *
     * @param top1BeforeFinetuning what that gave, in the labels' unit
     */
    public double predict(Architecture architecture, double top1BeforeFinetuning) {
        return secondStage.predict(predict(architecture), top1BeforeFinetuning);
    }

    /** What is the same for every architecture. */
    public double intercept() {
        return fit.intercept();
    }

    /**
     * What each candidate adds to the prediction, by block; {@code predict} is their sum and the intercept up to
     * rounding. Minus infinity for
     * failed candidates.
     */
    public double[][] contributions() {
        double[][] out = new double[nsr.length][];
        for (int n = 0; n < nsr.length; n++) {
            out[n] = new double[nsr[n].length];
            for (int m = 0; m < nsr[n].length; m++) {
                double[] row = new double[designs[setting.variant().ordinal()].width()];
                designs[setting.variant().ordinal()].write(n, nsr[n][m], row);
                out[n][m] = Double.isFinite(nsr[n][m]) ? fit.predict(row) - fit.intercept() : Double.NEGATIVE_INFINITY;
            }
        }
        return out;
    }

    /**
     * Where the architecture's accuracy is expected: jackknife+ (Barber, Candes, Ramdas, Tibshirani 2021). Coverage is
     * at least 1 - 2 alpha for
     * any distribution and typically 1 - alpha.
     *
     * @param alpha accepted share of misses, such as 0.1
     */
    public Interval interval(Architecture architecture, double alpha) {
        int n = labels.size();
        double[] low = new double[n];
        double[] high = new double[n];
        for (int i = 0; i < n; i++) {
            double prediction = predict(foldSettings[i], foldFits[i], architecture);
            double error = Math.abs(labels.get(i).top1() - nested[i]);
            low[i] = prediction - error;
            high[i] = prediction + error;
        }
        Arrays.sort(low);
        Arrays.sort(high);
        int rank = Math.min(n, (int) Math.ceil((1 - alpha) * (n + 1)));
        return new Interval(low[n - rank], high[rank - 1]);
    }

    /**
     * Whether some block's NSR lies outside those of the labelled architectures, so that the prediction extrapolates.
     */
    public boolean extrapolates(Architecture architecture) {
        return IntStream.range(0, nsr.length).anyMatch(n -> {
            double[] seen = labels.stream()
                    .mapToDouble(l -> nsr[n][l.architecture().choice(n)])
                    .sorted()
                    .toArray();
            double x = nsr[n][architecture.choice(n)];
            return !(x >= seen[0] && x <= seen[seen.length - 1]);
        });
    }

    /** Predictions of the labelled architectures by fits that never saw them, in the labels' order. */
    public double[] leaveOneOut() {
        return nested.clone();
    }

    /** The labels it was fitted on. */
    public List<LabelledArchitecture> labels() {
        return labels;
    }

    /**
     * What leave-one-out says.
     *
     * @param scores further scores of the labelled architectures by name, larger meaning more accurate, to be ranked
     *     beside it
     */
    public PredictorReport report(Map<String, double[]> scores) {
        double[] y = labels.stream().mapToDouble(LabelledArchitecture::top1).toArray();
        double[] sum = labels.stream()
                .mapToDouble(l -> -sumOfNsr(nsr, l.architecture()))
                .toArray();
        double[] before = labels.stream()
                .mapToDouble(LabelledArchitecture::top1BeforeFinetuning)
                .toArray();
        Map<String, Double> baselines = new LinkedHashMap<>();
        scores.forEach((name, score) -> baselines.put(name, Statistics.kendall(score, y)));
        return new PredictorReport(
                y.length,
                Statistics.kendall(nested, y),
                Statistics.spearman(nested, y),
                Statistics.rmse(nested, y),
                Statistics.kendall(secondStage.leaveOneOut(), y),
                Statistics.rmse(secondStage.leaveOneOut(), y),
                Statistics.kendall(sum, y),
                Statistics.kendall(before, y),
                baselines,
                setting.variant(),
                setting.strength(),
                IntStream.range(0, y.length).mapToObj(i -> label(i, y)).toList());
    }

    private PredictorReport.Label label(int i, double[] y) {
        double[] errors = IntStream.range(0, y.length)
                .filter(j -> j != i)
                .mapToDouble(j -> Math.abs(y[j] - nested[j]))
                .sorted()
                .toArray();
        double error = errors[Math.min(errors.length, (int) Math.ceil((1 - LEVEL) * (errors.length + 1))) - 1];
        return new PredictorReport.Label(
                labels.get(i).architecture(), y[i], nested[i], new Interval(nested[i] - error, nested[i] + error));
    }

    private double predict(Setting setting, BlockRegression.Fit fit, Architecture architecture) {
        for (int n = 0; n < nsr.length; n++) {
            if (!Double.isFinite(nsr[n][architecture.choice(n)])) {
                return Double.NEGATIVE_INFINITY;
            }
        }
        return fit.predict(row(setting.variant(), architecture));
    }

    private double[] row(Variant variant, Architecture architecture) {
        BlockDesign design = designs[variant.ordinal()];
        double[] row = new double[design.width()];
        for (int n = 0; n < nsr.length; n++) {
            design.write(n, nsr[n][architecture.choice(n)], row);
        }
        return row;
    }
}
