package donna.bench.step;

import donna.backend.Backends;
import donna.backend.Device;
import donna.tensor.Tensor;
import donna.train.Workers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How long do all 20 candidates of a stage take for a training step each, one candidate a thread? Batch 64, 24 to 40 channels, 16x16, stride 2. The losses are
 * the same bits for one thread and for all of them, or nothing is timed.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class StageSpeed {
    /** Of the stage. */
    public static final int CANDIDATES = 20;

    @Param({"1", "2"})
    private int threads;

    private Device device;
    private Workers workers;
    private Map<String, Tensor> data;
    private final List<CandidateStep> steps = new ArrayList<>();

    /** The most expensive first, as a search would order them. */
    static Stages.Stage stage() {
        List<Stages.Candidate> all = new ArrayList<>();
        for (int depth : new int[] {2, 1}) {
            for (int expand : new int[] {6, 3}) {
                for (int kernel : new int[] {7, 5, 3}) {
                    all.add(new Stages.Candidate("mbconv", depth, kernel, expand, false, "relu6"));
                }
                all.add(new Stages.Candidate("mbconv", depth, 5, expand, true, "swish"));
                all.add(new Stages.Candidate("fused", depth, 3, expand, false, "relu"));
            }
        }
        return new Stages.Stage("cifar-24-40", 64, 24, 40, 16, 2, all);
    }

    @Setup
    public void open() {
        device = Backends.open("cpu", line -> {});
        Stages.Stage stage = stage();
        data = BkdStep.data(device, stage);
        double[] alone = losses(stage, 1);
        workers = new Workers(device, threads);
        stage.candidates().forEach(c -> steps.add(new CandidateStep(device, stage, c, data)));
        double[] together = run();
        for (int i = 0; i < CANDIDATES; i++) {
            if (alone[i] != together[i]) {
                throw new IllegalStateException(
                        steps.get(i).name() + ": the loss is " + together[i] + " with " + threads + " threads, " + alone[i] + " with one");
            }
        }
    }

    private double[] losses(Stages.Stage stage, int count) {
        double[] losses = new double[CANDIDATES];
        try (Workers few = new Workers(device, count)) {
            few.forEach(CANDIDATES, (i, stream) -> {
                try (CandidateStep step = new CandidateStep(device, stage, stage.candidates().get(i), data)) {
                    losses[i] = step.run(stream);
                }
            });
        }
        return losses;
    }

    @Benchmark
    public double[] run() {
        double[] losses = new double[CANDIDATES];
        steps.getFirst().renewSource();
        workers.forEach(CANDIDATES, (i, stream) -> losses[i] = steps.get(i).run(stream));
        return losses;
    }

    @TearDown
    public void close() {
        steps.forEach(CandidateStep::close);
        workers.close();
        data.values().forEach(Tensor::close);
        device.close();
    }
}
