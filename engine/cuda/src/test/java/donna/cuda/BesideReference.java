package donna.cuda;

import donna.backend.Device;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.backend.reference.ReferenceBackend;
import donna.testkit.CaseRunner;
import donna.testkit.OpCase;
import donna.testkit.Tolerance;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What a graph gives here beside what it gives on the reference backend, and how it was lowered. */
final class BesideReference {
    private BesideReference() {}

    /** Runs {@code written} here and, as {@code truth}, on the reference backend; gives what the plan says of itself. */
    static List<String> compare(Precision precision, OpCase.Written written, OpCase.Written truth) {
        Map<String, double[]> expected;
        try (Device reference = new ReferenceBackend().open(0)) {
            expected = CaseRunner.once(reference, truth);
        }
        try (Device device = new CudaBackend().open(0, precision);
                Stream stream = device.openStream();
                CaseRunner runner = new CaseRunner(device, written.graph())) {
            Map<String, double[]> actual = runner.run(stream, written.values());
            Tolerance tolerance = precision == Precision.F32 ? new Tolerance(1e-5) : Tolerance.of(precision, truth.graph().nodes().size());
            expected.forEach((name, values) -> {
                if (!name.equals(OpCase.LOSS)) {
                    tolerance.checkNorm(precision + ": " + name, values, actual.get(name));
                }
            });
            return runner.plan().describe().lines().toList();
        }
    }

    /** Lines of {@code plan} that have {@code text} as a word. */
    static long count(List<String> plan, String text) {
        return plan.stream().filter(l -> Arrays.asList(l.strip().split("[\\s,]+")).contains(text)).count();
    }
}
