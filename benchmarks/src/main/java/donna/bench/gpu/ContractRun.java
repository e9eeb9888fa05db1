package donna.bench.gpu;

import donna.backend.Device;
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/**
 * Runs the cases of the contract on the card, from one on, without a test engine: where a card's context dies of a case, the process ends with
 * {@value #DIED} and another can go on after it. Arguments: a file, the number of the first case. Appends one line for each case to the file:
 * {@code number, passed or FAILED, method, case, message}, with tabs between.
 */
final class ContractRun {
    /** Status of a process whose card no longer answers. */
    static final int DIED = 75;

    private static final long PATIENCE_NANOS = 20_000_000_000L;

    private final CardContract contract = new CardContract();
    private final PrintWriter out;
    private String left = "";

    private record Case(String method, String name, Executable body) {}

    private ContractRun(PrintWriter out) {
        this.out = out;
    }

    public static void main(String[] args) throws IOException, ReflectiveOperationException {
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(
                Path.of(args[0]), StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND))) {
            new ContractRun(out).run(Integer.parseInt(args[1]));
        }
    }

    private void run(int first) throws ReflectiveOperationException {
        contract.open();
        List<Case> cases = cases();
        AtomicLong begun = new AtomicLong(System.nanoTime());
        for (int i = first; i < cases.size(); i++) {
            Case c = cases.get(i);
            int number = i;
            begun.set(System.nanoTime());
            Thread watch = Thread.ofVirtual().start(() -> endIfStuck(number, c));
            String failure = failure(c);
            watch.interrupt();
            line(i, failure.isEmpty() ? "passed" : "FAILED", c, failure);
            if (!failure.isEmpty() && !answers()) {
                Runtime.getRuntime().halt(DIED);
            }
        }
        contract.close();
    }

    private List<Case> cases() throws ReflectiveOperationException {
        List<Case> all = new ArrayList<>();
        for (Method m : Arrays.stream(CardContract.class.getMethods()).sorted(Comparator.comparing(Method::getName)).toList()) {
            if (m.isAnnotationPresent(Test.class)) {
                all.add(new Case(m.getName(), "", () -> call(m)));
            } else if (m.isAnnotationPresent(TestFactory.class)) {
                ((Stream<?>) m.invoke(contract)).map(DynamicTest.class::cast)
                        .forEach(t -> all.add(new Case(m.getName(), t.getDisplayName(), t.getExecutable())));
            }
        }
        return all;
    }

    private void call(Method m) throws Throwable {
        try {
            m.invoke(contract);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** The message of what went wrong; empty if nothing did. */
    private String failure(Case c) {
        String failure = message(c.body());
        // What one case left in use is not held against the next.
        String inUse = message(contract::nothingStaysInUse);
        String more = failure.isEmpty() && !inUse.equals(left) ? inUse : "";
        left = inUse;
        return failure + more;
    }

    private static String message(Executable body) {
        try {
            body.execute();
            return "";
        } catch (Throwable e) {
            return String.valueOf(e).strip().replaceAll("\\s+", " ");
        }
    }

    private void line(int number, String outcome, Case c, String message) {
        out.println(String.join("\t", Integer.toString(number), outcome, c.method(), c.name(), message));
        out.flush();
    }

    /** Whether the card still does what it is told. */
    private boolean answers() {
        try (Device device = contract.provider().open(0);
                Tensor tensor = device.tensor(TensorSpec.f32(1))) {
            tensor.fill(2);
            return tensor.item() == 2;
        } catch (DonnaException e) {
            return false;
        }
    }

    private void endIfStuck(int number, Case c) {
        try {
            Thread.sleep(PATIENCE_NANOS / 1_000_000);
        } catch (InterruptedException e) {
            return;
        }
        line(number, "FAILED", c, "did not end within " + PATIENCE_NANOS / 1_000_000_000 + " s");
        Runtime.getRuntime().halt(DIED);
    }
}
