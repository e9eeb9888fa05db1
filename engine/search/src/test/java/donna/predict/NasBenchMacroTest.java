package donna.predict;

import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.space.Architecture;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Against known truth, with nothing but each block's choice as its features. */
class NasBenchMacroTest {
    /** On the logarithm of the error: a few networks as bad as 45 % would otherwise decide the fit. */
    @Test
    void allNetworksAreRankedFromFewLabels() {
        NasBenchMacro bench = NasBenchMacro.orSkip();
        assertTrue(meanTau(bench, 60) >= 0.80, "60 labels: " + meanTau(bench, 60));
        assertTrue(meanTau(bench, 300) >= 0.84, "300 labels: " + meanTau(bench, 300));
    }

    private static double meanTau(NasBenchMacro bench, int labels) {
        Architecture[] all = Arrays.stream(bench.choices()).map(Architecture::new).toArray(Architecture[]::new);
        return IntStream.range(0, 20)
                .mapToDouble(seed -> {
                    List<LabelledArchitecture> known = new Random(seed)
                            .ints(0, all.length)
                            .distinct()
                            .limit(labels)
                            .mapToObj(i -> new LabelledArchitecture(all[i], -Math.log(100 - bench.accuracy()[i])))
                            .toList();
                    AccuracyPredictor predictor = AccuracyPredictor.fit(
                            BlockFeatures.ofChoices(3, 3, 3, 3, 3, 3, 3, 3),
                            known,
                            new AccuracyPredictor.Options(true, false));
                    double[] predicted =
                            Arrays.stream(all).mapToDouble(predictor::predict).toArray();
                    return Statistics.kendall(predicted, bench.accuracy());
                })
                .average()
                .orElseThrow();
    }
}
