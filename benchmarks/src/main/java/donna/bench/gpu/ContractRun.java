package donna.bench.gpu;

import donna.backend.Device;
import donna.cuda.CudaBackend;
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.function.Executable;

/**
 * Runs the cases of the contracts on the card, from one on: where a card's context dies of a case, the process ends with {@value #DIED} and another can go on
 * after it. Arguments: a file, the number of the first case. Appends one line for each case to the file:
 * {@code number, passed or FAILED, precision, method, case, message}, with tabs between.
 */
final class ContractRun {
    /** Status of a process whose card no longer answers. */
    static final int DIED = 75;

    private static final long PATIENCE_MS = 20_000;

    private final PrintWriter out;
    private final int first;
    private int number;
    private String left = "";

    private ContractRun(PrintWriter out, int first) {
        this.out = out;
        this.first = first;
    }

    public static void main(String[] args) throws IOException, ReflectiveOperationException {
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(
                Path.of(args[0]), StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND))) {
            ContractRun run = new ContractRun(out, Integer.parseInt(args[1]));
            for (CardContracts.Subject s : CardContracts.all()) {
                run.run(s);
            }
        }
    }

    private void run(CardContracts.Subject s) {
        int end = number + s.cases().size();
        if (first >= end) {
            number = end;
            return;
        }
        String opened = message(s.open());
        for (CardContracts.Case c : s.cases()) {
            if (number >= first) {
                Thread watch = Thread.ofVirtual().start(() -> endIfStuck(s, c));
                String failure = opened.isEmpty() ? failure(s, c) : opened;
                watch.interrupt();
                line(s, c, failure);
                if (!failure.isEmpty() && opened.isEmpty() && !answers()) {
                    Runtime.getRuntime().halt(DIED);
                }
            }
            number++;
        }
        message(s.close());
    }

    /** The message of what went wrong; empty if nothing did. */
    private String failure(CardContracts.Subject s, CardContracts.Case c) {
        String failure = message(c.body());
        // What one case left in use is not held against the next.
        String inUse = message(s.nothingStaysInUse());
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

    private void line(CardContracts.Subject s, CardContracts.Case c, String failure) {
        out.println(String.join(
                "\t", Integer.toString(number), failure.isEmpty() ? "passed" : "FAILED", s.precision().word(), c.method(), c.name(), failure));
        out.flush();
    }

    /** Whether the card still does what it is told. */
    private static boolean answers() {
        try (Device device = new CudaBackend().open(0);
                Tensor tensor = device.tensor(TensorSpec.f32(1))) {
            tensor.fill(2);
            return tensor.item() == 2;
        } catch (DonnaException e) {
            return false;
        }
    }

    private void endIfStuck(CardContracts.Subject s, CardContracts.Case c) {
        try {
            Thread.sleep(PATIENCE_MS);
        } catch (InterruptedException e) {
            return;
        }
        line(s, c, "did not end within " + PATIENCE_MS / 1000 + " s");
        Runtime.getRuntime().halt(DIED);
    }
}
