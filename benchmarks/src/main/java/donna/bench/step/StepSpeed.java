package donna.bench.step;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Stream;
import donna.backend.reference.ReferenceBackend;
import donna.bench.Work;
import donna.graph.Graph;
import donna.tensor.Tensor;
import donna.testkit.Tolerance;
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
 * How long does one thread take for a training step of a candidate: forward, NSR loss, backward, SGD? Batch 64, 24 to
 * 40 channels, 16x16, stride 2. The first losses are compared with the reference backend's before anything is timed.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class StepSpeed {
    private static final int CHECKED_STEPS = 2;

    /** {@code type depth kernel expand se act}. */
    @Param({
        "mbconv d1 k3 e3 - relu6",
        "mbconv d2 k3 e3 - relu6",
        "mbconv d2 k5 e3 se swish",
        "mbconv d2 k7 e6 se swish",
        "fused d2 k3 e4 - relu"
    })
    private String candidate;

    private Device device;
    private Map<String, Tensor> data;
    private CandidateStep step;
    private Stream stream;

    static Stages.Stage stage(String candidate) {
        String[] c = candidate.split(" ");
        return new Stages.Stage(
                "cifar-24-40",
                64,
                24,
                40,
                16,
                2,
                List.of(new Stages.Candidate(c[0], number(c[1]), number(c[2]), number(c[3]), c[4].equals("se"), c[5])));
    }

    private static int number(String word) {
        return Integer.parseInt(word.substring(1));
    }

    /** Of one step. */
    public static Work work(String candidate) {
        Stages.Stage stage = stage(candidate);
        try (Device reference = new ReferenceBackend().open(0)) {
            Map<String, Tensor> data = BkdStep.data(reference, stage);
            try (CandidateStep step =
                    new CandidateStep(reference, stage, stage.candidates().getFirst(), data)) {
                Graph graph = step.plan().graph();
                return Work.of(graph).withImages(stage.batch());
            } finally {
                data.values().forEach(Tensor::close);
            }
        }
    }

    @Setup
    public void open() {
        device = Backends.open("cpu", line -> {});
        Stages.Stage stage = stage(candidate);
        data = BkdStep.data(device, stage);
        step = new CandidateStep(device, stage, stage.candidates().getFirst(), data);
        stream = device.openStream();
        double[] actual = new double[CHECKED_STEPS];
        for (int i = 0; i < actual.length; i++) {
            actual[i] = step.run(stream);
        }
        Tolerance.ofTraining().check(candidate + ": losses", reference(stage), actual);
    }

    private static double[] reference(Stages.Stage stage) {
        try (Device reference = new ReferenceBackend().open(0);
                Stream stream = reference.openStream()) {
            Map<String, Tensor> data = BkdStep.data(reference, stage);
            try (CandidateStep step =
                    new CandidateStep(reference, stage, stage.candidates().getFirst(), data)) {
                double[] losses = new double[CHECKED_STEPS];
                for (int i = 0; i < losses.length; i++) {
                    losses[i] = step.run(stream);
                }
                return losses;
            } finally {
                data.values().forEach(Tensor::close);
            }
        }
    }

    @Benchmark
    public double run() {
        step.renewSource();
        return step.run(stream);
    }

    @TearDown
    public void close() {
        stream.close();
        step.close();
        data.values().forEach(Tensor::close);
        device.close();
    }
}
