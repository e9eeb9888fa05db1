package donna.predict;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.graph.Mask;
import donna.space.Architecture;
import donna.spec.Json;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AccuracyPredictorTest {
    /** Labels of a real run in PyTorch: 4 blocks x 22 candidates, 14 architectures of 1 epoch. */
    private record Golden(double[][] nsr, String[] architectures, double[] top1, double[] before) {
        static Golden read() throws IOException {
            try (InputStream in = AccuracyPredictorTest.class.getResourceAsStream("quickstart-labels.json")) {
                return Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), Golden.class);
            }
        }

        List<LabelledArchitecture> labels() {
            return IntStream.range(0, top1.length)
                    .mapToObj(i -> new LabelledArchitecture(
                            Architecture.parse(architectures[i]), top1[i], Optional.of(new Assembled(before[i] / 100, 1)), OptionalDouble.of(before[i])))
                    .toList();
        }
    }

    private static final AccuracyPredictor.Options MONOTONE = new AccuracyPredictor.Options(true, false);
    private static final AccuracyPredictor.Options SECOND_STAGE = new AccuracyPredictor.Options(true, true);

    private static LabelledArchitecture tried(LabelledArchitecture l, double trialTop1) {
        return new LabelledArchitecture(l.architecture(), l.top1(), Optional.empty(), OptionalDouble.of(trialTop1));
    }

    private static AccuracyPredictor fit(double[][] nsr, List<LabelledArchitecture> labels) {
        return AccuracyPredictor.fit(BlockFeatures.ofNsr(nsr), labels, MONOTONE);
    }

    private static double sumOfNsr(double[][] nsr, Architecture a) {
        return BlockFeatures.ofNsr(nsr).sumOfNsr(a);
    }

    private static PredictorReport report(AccuracyPredictor predictor) {
        Architecture any = predictor.labels().getFirst().architecture();
        return PredictorReport.of(predictor, Map.of(), List.of(), List.of(any));
    }

    @Test
    void onRealLabelsItRanksNoWorseThanThePlainSum() throws IOException {
        Golden golden = Golden.read();
        PredictorReport report = PredictorReport.of(
                AccuracyPredictor.fit(BlockFeatures.ofNsr(golden.nsr()), golden.labels(), SECOND_STAGE),
                Map.of("constant", l -> 7),
                List.of(),
                List.of(golden.labels().getFirst().architecture()));
        // the sum's and the pre-finetuning tau, as scipy computes them from the same numbers; a free ridge reached
        // 0.508, RMSE 0.375
        assertEquals(0.6850933, report.baselines().get("sumOfNsr").tau(), 1e-6);
        assertEquals(0.7071931, report.baselines().get("top1BeforeFinetuning").tau(), 1e-6);
        assertEquals(0, report.baselines().get("constant").tau());
        assertTrue(report.searchLeaveOneOut().tau() >= 0.685, "tau " + report.searchLeaveOneOut());
        assertTrue(report.searchLeaveOneOut().rmse() < 0.30, "rmse " + report.searchLeaveOneOut());
        assertEquals(14, report.labels().size());
        // accuracies before finetuning in the place of a trial's; straight lines by numpy.polyfit, each without a label: RMSE 0.340
        assertTrue(report.leaveOneOut().tau() > 0.6, "second stage " + report.leaveOneOut());
        assertTrue(report.leaveOneOut().rmse() < 0.37, "second stage " + report.leaveOneOut());
        assertTrue(report.leavePairOutTau() >= report.leaveOneOut().tau(), "pairs " + report.leavePairOutTau());
    }

    @Test
    void nestedPredictionsNeverSawTheirOwnLabel() throws IOException {
        Golden golden = Golden.read();
        double[] before =
                fit(golden.nsr(), golden.labels()).searching().leaveOneOut();
        List<LabelledArchitecture> changed = new ArrayList<>(golden.labels());
        changed.set(5, new LabelledArchitecture(changed.get(5).architecture(), 89.6));
        double[] after = fit(golden.nsr(), changed).searching().leaveOneOut();
        assertEquals(before[5], after[5], 1e-9);
        assertTrue(Math.abs(before[4] - after[4]) > 1e-6);
    }

    @Test
    void contributionsAddUpToThePrediction() throws IOException {
        Golden golden = Golden.read();
        AccuracyPredictor predictor = fit(golden.nsr(), golden.labels());
        double[][] parts = predictor.contributions();
        for (LabelledArchitecture l : golden.labels()) {
            double sum = predictor.intercept();
            for (int n = 0; n < parts.length; n++) {
                sum += parts[n][l.architecture().choice(n)];
            }
            assertEquals(sum, predictor.predict(l.architecture()), 1e-10);
        }
    }

    @Test
    void whenThePlainSumIsTheTruthItIsFound() {
        Truth truth = new Truth(3, n -> x -> -4 * x, 0.0);
        AccuracyPredictor predictor = fit(truth.nsr, truth.labels(12));
        PredictorReport report = report(predictor);
        assertEquals(1, report.leaveOneOut().tau(), 1e-12);
        assertEquals(0, report.leaveOneOut().rmse(), 1e-9);
        assertEquals(truth.of(truth.draw(99)), predictor.predict(truth.draw(99)), 1e-9);
    }

    @Test
    void differentSlopesAndCurvesAreLearnedWhenLabelsShowThem() {
        double predicted = 0;
        double sum = 0;
        for (int seed = 0; seed < 10; seed++) {
            double[] slopes = {6, 1, 3, 0.5};
            Truth truth = new Truth(seed, n -> x -> -slopes[n] * (x + 1.5 * x * x), 0.05);
            AccuracyPredictor predictor = fit(truth.nsr, truth.labels(30));
            Architecture[] held =
                    IntStream.range(1000, 1200).mapToObj(truth::draw).toArray(Architecture[]::new);
            double[] y = scores(held, truth::of);
            predicted += Statistics.kendall(scores(held, predictor::predict), y) / 10;
            sum += Statistics.kendall(scores(held, a -> -sumOfNsr(truth.nsr, a)), y) / 10;
        }
        assertTrue(predicted > 0.93, "predictor " + predicted);
        assertTrue(predicted > sum + 0.1, "predictor " + predicted + ", sum " + sum);
    }

    @Test
    void predictedAccuracyNeverRisesWithNsrEvenIfLabelsSayOtherwise() {
        for (int seed = 0; seed < 20; seed++) {
            Truth truth = new Truth(seed, n -> n == 2 ? x -> 2 * x : x -> -3 * x * x, 0.3);
            double[][] parts =
                    fit(truth.nsr, truth.labels(16)).contributions();
            for (int n = 0; n < parts.length; n++) {
                int block = n;
                int[] order = IntStream.range(0, parts[n].length)
                        .boxed()
                        .sorted((a, b) -> Double.compare(truth.nsr[block][a], truth.nsr[block][b]))
                        .mapToInt(Integer::intValue)
                        .toArray();
                for (int i = 1; i < order.length; i++) {
                    assertTrue(parts[n][order[i]] <= parts[n][order[i - 1]] + 1e-9, "seed " + seed + " block " + n);
                }
            }
        }
        Truth rising = new Truth(1, n -> n == 2 ? x -> 5 * x : x -> -5 * x, 0);
        double[][] free =
                AccuracyPredictor.fit(
                        BlockFeatures.ofNsr(rising.nsr),
                        rising.labels(40),
                        new AccuracyPredictor.Options(false, false))
                .contributions();
        int worst = IntStream.range(0, 12)
                .reduce((a, b) -> rising.nsr[2][a] > rising.nsr[2][b] ? a : b)
                .orElseThrow();
        int best = IntStream.range(0, 12)
                .reduce((a, b) -> rising.nsr[2][a] < rising.nsr[2][b] ? a : b)
                .orElseThrow();
        assertTrue(free[2][worst] > free[2][best], "without the constraint the fit follows the labels");
    }

    @Test
    void labelsThatContradictTheSumLeaveItAsTheOrderAmongEquals() {
        Truth truth = new Truth(2, n -> x -> 3 * x, 0.1);
        AccuracyPredictor predictor = fit(truth.nsr, truth.labels(12));
        Architecture[] some = IntStream.range(0, 100).mapToObj(truth::draw).toArray(Architecture[]::new);
        double[] predicted = scores(some, predictor::predict);
        assertEquals(1, Statistics.kendall(predicted, scores(some, a -> -sumOfNsr(truth.nsr, a))));
        assertEquals(predicted[0], predicted[1], 0.01);
    }

    @Test
    void intervalsCoverUnseenArchitecturesAboutAsOftenAsTheySay() {
        int inside = 0;
        int insideOfSecond = 0;
        int all = 0;
        double width = 0;
        for (int seed = 0; seed < 40; seed++) {
            Truth truth = new Truth(seed, n -> x -> -(n + 1) * x, 0.2);
            AccuracyPredictor predictor =
                    AccuracyPredictor.fit(BlockFeatures.ofNsr(truth.nsr), truth.triedLabels(20), SECOND_STAGE);
            for (int i = 0; i < 25; i++) {
                Architecture a = truth.draw(5000 + i);
                double measured = truth.measure(a, 5000 + i);
                Interval interval = predictor.interval(a, 0.1);
                Interval second = predictor.interval(a, truth.trial(a), 0.1);
                inside += interval.contains(measured) ? 1 : 0;
                insideOfSecond += second.contains(measured) ? 1 : 0;
                width += (interval.high() - interval.low()) / 1000;
                all++;
            }
        }
        double coverage = (double) inside / all;
        assertTrue(coverage > 0.86 && coverage < 0.98, "coverage " + coverage);
        double ofSecond = (double) insideOfSecond / all;
        assertTrue(ofSecond > 0.86 && ofSecond < 0.98, "coverage of the second stage " + ofSecond);
        assertTrue(width < 1.5, "width " + width);
    }

    @Test
    void failedCandidatesArePredictedAtMinusInfinityAndQueriesOutsideAreFlagged() {
        Truth truth = new Truth(5, n -> x -> -4 * x, 0.1);
        List<LabelledArchitecture> labels = truth.labels(10);
        double[][] nsr = truth.nsr;
        int unused = IntStream.range(0, 12)
                .filter(m -> labels.stream().noneMatch(l -> l.architecture().choice(0) == m))
                .findFirst()
                .orElseThrow();
        nsr[0][unused] = Double.NaN;
        AccuracyPredictor predictor = fit(nsr, labels);
        int[] choices = labels.getFirst().architecture().choices();
        choices[0] = unused;
        assertEquals(Double.NEGATIVE_INFINITY, predictor.predict(new Architecture(choices)));
        assertEquals(Double.NEGATIVE_INFINITY, predictor.contributions()[0][unused]);
        assertEquals(List.of(0), predictor.blocksOutside(new Architecture(choices)));
        assertEquals(List.of(), predictor.blocksOutside(labels.getFirst().architecture()));
    }

    @Test
    void theSameInputGivesTheSameBits() throws IOException {
        Golden golden = Golden.read();
        double[][] first =
                fit(golden.nsr(), golden.labels()).contributions();
        double[][] second =
                fit(golden.nsr(), golden.labels()).contributions();
        for (int n = 0; n < first.length; n++) {
            assertArrayEquals(first[n], second[n], 0);
        }
    }

    @Test
    void theSecondStageFollowsTheTrialAndNeverSeesItsOwnLabel() throws IOException {
        Golden golden = Golden.read();
        BlockFeatures features = BlockFeatures.ofNsr(golden.nsr());
        AccuracyPredictor predictor = AccuracyPredictor.fit(features, golden.labels(), SECOND_STAGE);
        Architecture a = golden.labels().get(3).architecture();
        assertTrue(predictor.predict(a, 85) > predictor.predict(a, 80));
        assertTrue(predictor.interval(a, 85, 0.1).contains(predictor.predict(a, 85)));
        // at average scores the prediction is the average label
        assertEquals(89.24, predictor.predict(a, 82), 0.5);
        double[] before = predictor.best().leaveOneOut();
        List<LabelledArchitecture> changed = new ArrayList<>(golden.labels());
        changed.set(5, tried(new LabelledArchitecture(changed.get(5).architecture(), 89.6), changed.get(5).trialTop1().orElseThrow()));
        double[] after =
                AccuracyPredictor.fit(features, changed, SECOND_STAGE).best().leaveOneOut();
        assertEquals(before[5], after[5], 1e-9);
        assertTrue(Math.abs(before[4] - after[4]) > 1e-6);
        assertThrows(DonnaException.InvalidInput.class, () -> fit(golden.nsr(), golden.labels()).predict(a, 85));
    }

    @Test
    void trialsThatSayNothingChangeNothing() throws IOException {
        Golden golden = Golden.read();
        List<LabelledArchitecture> constant = golden.labels().stream()
                .map(l -> tried(l, 50))
                .toList();
        AccuracyPredictor predictor =
                AccuracyPredictor.fit(BlockFeatures.ofNsr(golden.nsr()), constant, SECOND_STAGE);
        assertArrayEquals(predictor.searching().leaveOneOut(), predictor.best().leaveOneOut(), 1e-6);
    }

    @Test
    void crossTermsAreChosenWhereTwoBadNeighboursAreWorseThanTheirSumAndMakeAChain() {
        double predicted = 0;
        double linear = 0;
        int chosen = 0;
        for (int seed = 0; seed < 10; seed++) {
            Truth truth = new Truth(seed, n -> x -> -x, 0.02, (a, b) -> -12 * a * b);
            AccuracyPredictor predictor = fit(truth.nsr, truth.labels(40));
            double[][][] pairs = predictor.pairs();
            double[][] own = predictor.contributions();
            chosen += pairs.length > 0 ? 1 : 0;
            Architecture[] held =
                    IntStream.range(1000, 1200).mapToObj(truth::draw).toArray(Architecture[]::new);
            for (Architecture a : held) {
                double sum = predictor.intercept();
                for (int n = 0; n < own.length; n++) {
                    sum += own[n][a.choice(n)];
                    sum += n < pairs.length ? pairs[n][a.choice(n)][a.choice(n + 1)] : 0;
                }
                assertEquals(sum, predictor.predict(a), 1e-10);
            }
            double[] y = scores(held, truth::of);
            predicted += Statistics.rmse(scores(held, predictor::predict), y) / 10;
            double[] lastTwo = scores(held, a -> 90 - truth.nsr[2][a.choice(2)] - truth.nsr[3][a.choice(3)]);
            linear += Statistics.rmse(lastTwo, y) / 10;
        }
        assertTrue(chosen >= 8, "chosen " + chosen);
        assertTrue(predicted < 0.15 * linear, "rmse " + predicted + ", the first two blocks left out " + linear);
    }

    @Test
    void heldOutArchitecturesAreRatedWithoutBeingFittedOn() {
        Truth truth = new Truth(4, n -> x -> -(n + 1) * x, 0.1);
        AccuracyPredictor predictor = fit(truth.nsr, truth.labels(20));
        List<LabelledArchitecture> held = IntStream.range(300, 340)
                .mapToObj(i -> new LabelledArchitecture(
                        truth.draw(i), truth.measure(truth.draw(i), i)))
                .toList();
        PredictorReport.HeldOut report = PredictorReport.of(predictor, Map.of(), held, List.of(truth.draw(1)))
                .heldOut()
                .orElseThrow();
        double[] y = held.stream().mapToDouble(LabelledArchitecture::top1).toArray();
        double[] predicted =
                held.stream().mapToDouble(l -> predictor.predict(l.architecture())).toArray();
        assertEquals(40, report.n());
        assertEquals(Statistics.kendall(predicted, y), report.predictor().tau(), 1e-12);
        assertEquals(Statistics.rmse(predicted, y), report.predictor().rmse(), 1e-12);
        assertEquals(
                Statistics.kendall(scores(held, l -> -sumOfNsr(truth.nsr, l)), y),
                report.baselines().get("sumOfNsr").tau(),
                1e-12);
        assertTrue(report.coverage() > 0.7, "coverage " + report.coverage());
    }

    @Test
    void tooFewOrForeignLabelsAreRefused() {
        Truth truth = new Truth(5, n -> x -> -x, 0.1);
        assertThrows(DonnaException.InvalidInput.class, () -> fit(truth.nsr, truth.labels(3)));
        List<LabelledArchitecture> labels = new ArrayList<>(truth.labels(6));
        labels.set(2, new LabelledArchitecture(new Architecture(0, 0, 0, 99), 1));
        assertThrows(DonnaException.InvalidInput.class, () -> fit(truth.nsr, labels));
    }

    @Test
    void chosenLabelsSpanTheSumsEvenlyAndDependOnTheSeedAlone() throws IOException {
        double[][] nsr = Golden.read().nsr();
        List<Architecture> chosen = LabelSelection.evenlySpaced(nsr, 14, 200, 7);
        assertEquals(14, chosen.stream().distinct().count());
        assertEquals(chosen, LabelSelection.evenlySpaced(nsr, 14, 200, 7));
        assertFalse(chosen.equals(LabelSelection.evenlySpaced(nsr, 14, 200, 8)));
        double[] sums = chosen.stream()
                .mapToDouble(a -> sumOfNsr(nsr, a))
                .toArray();
        for (int i = 1; i < sums.length; i++) {
            assertTrue(sums[i] >= sums[i - 1]);
        }
        assertTrue(sums[13] - sums[0] > 0.6, "range " + (sums[13] - sums[0]));
        double[][] tiny = {{0.1, 0.2}, {0.1, Double.NaN}};
        assertEquals(2, LabelSelection.evenlySpaced(tiny, 2, 100, 1).size());
        assertThrows(DonnaException.InvalidInput.class, () -> LabelSelection.evenlySpaced(tiny, 3, 100, 1));
    }

    private static double[] scores(List<LabelledArchitecture> all, Score score) {
        return all.stream().mapToDouble(l -> score.of(l.architecture())).toArray();
    }

    private interface Score {
        double of(Architecture a);
    }

    private static double[] scores(Architecture[] all, Score score) {
        return IntStream.range(0, all.length).mapToDouble(i -> score.of(all[i])).toArray();
    }

    /** A made-up library of 4 blocks x 12 candidates and an additive truth with measurement noise. */
    private static final class Truth {
        final double[][] nsr = new double[4][];
        private final IntFunction<DoubleUnaryOperator> effect;
        private final double noise;
        private final DoubleBinaryOperator firstTwo;
        private final long seed;

        Truth(long seed, IntFunction<DoubleUnaryOperator> effect, double noise) {
            this(seed, effect, noise, (a, b) -> 0);
        }

        /** @param firstTwo what the first two blocks do together */
        Truth(long seed, IntFunction<DoubleUnaryOperator> effect, double noise, DoubleBinaryOperator firstTwo) {
            this.seed = seed;
            this.firstTwo = firstTwo;
            this.effect = effect;
            this.noise = noise;
            Random random = new Random(Mask.mix(seed));
            for (int n = 0; n < 4; n++) {
                nsr[n] = random.doubles(12, 0.05, 0.5).toArray();
            }
        }

        Architecture draw(long index) {
            return new Architecture(
                    new Random(Mask.mix(Mask.mix(~seed) ^ index)).ints(4, 0, 12).toArray());
        }

        double of(Architecture a) {
            return 90
                    + firstTwo.applyAsDouble(nsr[0][a.choice(0)], nsr[1][a.choice(1)])
                    + IntStream.range(0, 4)
                            .mapToDouble(n -> effect.apply(n).applyAsDouble(nsr[n][a.choice(n)]))
                            .sum();
        }

        double measure(Architecture a, long index) {
            return of(a) + noise * new Random(Mask.mix(Mask.mix(seed) ^ index)).nextGaussian();
        }

        /** After a trial an architecture is the better, the better it will be; with noise. */
        double trial(Architecture a) {
            return of(a) - 3 + 0.1 * new Random(Mask.mix(seed) ^ a.hashCode()).nextGaussian();
        }

        List<LabelledArchitecture> triedLabels(int count) {
            return labels(count).stream()
                    .map(l -> tried(l, trial(l.architecture())))
                    .toList();
        }

        List<LabelledArchitecture> labels(int count) {
            List<Architecture> chosen = LabelSelection.evenlySpaced(nsr, count, 200, seed);
            return IntStream.range(0, count)
                    .mapToObj(i -> new LabelledArchitecture(chosen.get(i), measure(chosen.get(i), i)))
                    .toList();
        }
    }
}
