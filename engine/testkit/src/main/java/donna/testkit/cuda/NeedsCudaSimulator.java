package donna.testkit.cuda;

import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips tests, saying so and why, where the simulator cannot be built. */
public final class NeedsCudaSimulator implements ExecutionCondition {
    private static final System.Logger LOG = System.getLogger(NeedsCudaSimulator.class.getName());
    private static Optional<String> missing;

    /** Called by JUnit. */
    public NeedsCudaSimulator() {}

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return missing()
                .map(why -> ConditionEvaluationResult.disabled("SKIPPED: the CUDA simulator cannot be built: " + why))
                .orElseGet(() -> ConditionEvaluationResult.enabled("the CUDA simulator can be built"));
    }

    private static synchronized Optional<String> missing() {
        if (missing == null) {
            missing = SimulatorBuild.missing();
            missing.ifPresent(why -> LOG.log(System.Logger.Level.WARNING, "SKIPPED: tests on the CUDA simulator: " + why));
        }
        return missing;
    }
}
