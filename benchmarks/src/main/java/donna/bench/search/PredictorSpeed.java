package donna.bench.search;

import donna.graph.Mask;
import donna.predict.AccuracyPredictor;
import donna.predict.BlockFeatures;
import donna.predict.LabelSelection;
import donna.predict.LabelledArchitecture;
import donna.space.Architecture;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** How long does fitting the accuracy predictor take, nested leave-one-out of every setting included? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class PredictorSpeed {
    private static final int BLOCKS = 4;
    private static final int OPTIONS = 22;

    @Param({"14", "30"})
    private int labels;

    private BlockFeatures features;
    private List<LabelledArchitecture> known;

    @Setup
    public void open() {
        double[][] nsr = new double[BLOCKS][OPTIONS];
        for (int n = 0; n < BLOCKS; n++) {
            for (int m = 0; m < OPTIONS; m++) {
                nsr[n][m] = 0.05 + 0.4 * unit(n * OPTIONS + m);
            }
        }
        features = BlockFeatures.ofNsr(nsr);
        known = new ArrayList<>();
        for (Architecture a : LabelSelection.evenlySpaced(nsr, labels, 200, 1)) {
            double top1 = 0.9 - 0.02 * features.sumOfNsr(a) + 0.002 * unit(1000 + known.size());
            known.add(new LabelledArchitecture(a, top1, Optional.empty(), OptionalDouble.of(top1 - 0.02 + 0.004 * unit(2000 + known.size()))));
        }
    }

    @Benchmark
    public AccuracyPredictor run() {
        return AccuracyPredictor.fit(features, known, new AccuracyPredictor.Options(true, true));
    }

    private static double unit(long index) {
        return (Mask.mix(index) >>> 11) * 0x1p-53;
    }
}
