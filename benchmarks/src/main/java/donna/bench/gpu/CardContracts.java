package donna.bench.gpu;

import donna.backend.BackendProvider;
import donna.backend.Precision;
import donna.cuda.CudaBackend;
import donna.testkit.BackendContract;
import donna.testkit.PrecisionContract;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** What every backend must do in each precision, asked of this machine's first card, without a test engine. */
final class CardContracts {
    private CardContracts() {}

    /** In single precision. */
    static final class Single extends BackendContract {
        @Override
        public BackendProvider provider() {
            return new CudaBackend();
        }
    }

    /** In another. */
    static final class Lower extends PrecisionContract {
        private final Precision precision;

        Lower(Precision precision) {
            this.precision = precision;
        }

        @Override
        public BackendProvider provider() {
            return new CudaBackend();
        }

        @Override
        public Precision precision() {
            return precision;
        }
    }

    /** A contract with what comes before its first case, after each, and after its last. */
    record Subject(Precision precision, Executable open, Executable nothingStaysInUse, Executable close, List<Case> cases) {}

    /**
     * One case.
     *
     * @param name empty where the method is one case
     */
    record Case(String method, String name, Executable body) {}

    /** All, single precision first. */
    static List<Subject> all() throws ReflectiveOperationException {
        Single single = new Single();
        List<Subject> all = new ArrayList<>();
        all.add(new Subject(Precision.F32, single::open, single::nothingStaysInUse, single::close, cases(single)));
        for (Precision p : List.of(Precision.TF32, Precision.BF16, Precision.F16)) {
            Lower lower = new Lower(p);
            all.add(new Subject(p, lower::open, lower::nothingStaysInUse, lower::close, cases(lower)));
        }
        return all;
    }

    private static List<Case> cases(Object contract) throws ReflectiveOperationException {
        List<Case> all = new ArrayList<>();
        for (Method m : Arrays.stream(contract.getClass().getMethods()).sorted(Comparator.comparing(Method::getName)).toList()) {
            if (m.isAnnotationPresent(Test.class)) {
                all.add(new Case(m.getName(), "", () -> call(m, contract)));
            } else if (m.isAnnotationPresent(TestFactory.class)) {
                ((Stream<?>) m.invoke(contract)).map(DynamicTest.class::cast)
                        .forEach(t -> all.add(new Case(m.getName(), t.getDisplayName(), t.getExecutable())));
            }
        }
        return all;
    }

    private static void call(Method m, Object contract) throws Throwable {
        try {
            m.invoke(contract);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
