package donna.bench.ops;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Stream;
import donna.backend.reference.ReferenceBackend;
import donna.tensor.DType;
import donna.tensor.Layout;
import donna.testkit.CaseRunner;
import donna.testkit.OpCase;
import donna.testkit.Tolerance;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * An op on the CPU backend, its images in the backend's own layout: one plan, run by one thread. Its results are
 * compared with the reference backend in double before anything is timed.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public abstract class OpState {
    private Device device;
    private Stream stream;
    private CaseRunner runner;

    /** What is timed; the parameters are set. */
    abstract OpCase op();

    @Setup
    public void open() {
        device = Backends.open("cpu", line -> {});
        stream = device.openStream();
        OpCase.Written here = op().forward(DType.F32, device.preferredLayout());
        runner = new CaseRunner(device, here.graph());
        check(runner.run(stream, here.values()));
    }

    private void check(Map<String, double[]> actual) {
        OpCase.Written truth = op().forward(DType.F64, Layout.PLAIN);
        Tolerance tolerance = Tolerance.of(DType.F32, truth.reductionLength());
        try (Device reference = new ReferenceBackend().open(0)) {
            CaseRunner.once(reference, truth)
                    .forEach((name, values) -> tolerance.check(op().name() + ": " + name, values, actual.get(name)));
        }
    }

    @Benchmark
    public void run() {
        runner.plan().run(stream);
        stream.synchronize();
    }

    @TearDown
    public void close() {
        runner.close();
        stream.close();
        device.close();
    }
}
