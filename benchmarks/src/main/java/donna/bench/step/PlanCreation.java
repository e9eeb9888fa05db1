package donna.bench.step;

import donna.backend.Backends;
import donna.backend.Device;
import donna.tensor.Tensor;
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

/** How long does it take to write a candidate's training step as a graph, compile it and free it again? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class PlanCreation {
    @Param({"mbconv d1 k3 e3 - relu6", "mbconv d2 k7 e6 se swish"})
    private String candidate;

    private Device device;
    private Stages.Stage stage;
    private Map<String, Tensor> data;

    @Setup
    public void open() {
        device = Backends.open("cpu", line -> {});
        stage = StepSpeed.stage(candidate);
        data = BkdStep.data(device, stage);
    }

    @Benchmark
    public void run() {
        new CandidateStep(device, stage, stage.candidates().getFirst(), data).close();
    }

    @TearDown
    public void close() {
        data.values().forEach(Tensor::close);
        device.close();
    }
}
