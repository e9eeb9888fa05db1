package donna.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.space.Architecture;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NextLabelTest {
    private static final int OPTIONS = 12;

    private final double[][] nsr = new double[3][];
    private final AccuracyPredictor predictor;
    private final List<Architecture> pool;

    NextLabelTest() {
        Random random = new Random(7);
        for (int n = 0; n < nsr.length; n++) {
            nsr[n] = random.doubles(OPTIONS, 0.05, 0.5).toArray();
        }
        List<LabelledArchitecture> labels = new ArrayList<>();
        for (Architecture a : LabelSelection.evenlySpaced(nsr, 12, 100, 1)) {
            double top1 = 0.9 - nsr[0][a.choice(0)] - 0.1 * nsr[2][a.choice(2)] + 0.01 * random.nextGaussian();
            labels.add(new LabelledArchitecture(a, top1));
        }
        predictor = AccuracyPredictor.fit(
                BlockFeatures.ofNsr(nsr), labels, new AccuracyPredictor.Options(true, false));
        pool = List.copyOf(LabelSelection.random(nsr, 60, 5));
    }

    private double[] row(Architecture a) {
        return predictor.row(predictor.searching().whole().setting().variant(), a);
    }

    /** Information with more rows, built anew. */
    private Information with(double strength, Architecture... more) {
        Design design = predictor.design(predictor.searching().whole().setting().variant());
        List<double[]> rows = new ArrayList<>(List.of(design.rows()));
        for (Architecture a : more) {
            rows.add(row(a));
        }
        return new Information(new Design(design.variant(), rows.toArray(double[][]::new), design.columns()), strength);
    }

    private double error(Information information) {
        double mean = pool.stream()
                .mapToDouble(a -> Information.inner(information.whitened(row(a)), information.whitened(row(a))))
                .average()
                .orElseThrow();
        return Statistics.rmse(predictor.searching().leaveOneOut(), predictor.accuracies()) * Math.sqrt(mean);
    }

    @Test
    void howMuchALabelHelpsIsWhatTheInformationWithItSays() {
        NextLabel next = NextLabel.of(predictor, pool);
        double strength = Math.min(100, predictor.searching().whole().setting().strength());
        assertEquals(error(with(strength)), next.standardError(), 1e-9);
        assertEquals(error(with(strength, next.architecture())), next.standardErrorAfter(), 1e-9);
        assertTrue(next.standardErrorAfter() < next.standardError());
    }

    @Test
    void noOtherOfThePoolIsPredictedLessSurely() {
        double strength = Math.min(100, predictor.searching().whole().setting().strength());
        Information now = with(strength);
        double[] variances = pool.stream()
                .mapToDouble(a -> Information.inner(now.whitened(row(a)), now.whitened(row(a))))
                .toArray();
        int best = pool.indexOf(NextLabel.of(predictor, pool).architecture());
        assertTrue(IntStream.range(0, pool.size()).allMatch(i -> variances[i] <= variances[best]));
    }
}
