package donna.bench.gpu;

import donna.bench.Results;
import donna.ffi.Cuda;
import donna.ffi.CudaBindings;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Everything that needs a card, in the order of its worth, each step in a process of its own and with a time of its own. Arguments: the results folder, the
 * bundle's folder, Python with PyTorch (or {@code none}), minutes, the steps (none: all). What the results already hold is not done again. Prints tables.
 */
public final class CardSuite {
    private static final String CONTRACT = "contract";
    /** Of all the time, that one step may take. */
    private static final double LARGEST_SHARE = 0.4;

    /** The steps, in order, with the seconds that each may take at most. */
    private static final Map<String, Integer> STEPS = new LinkedHashMap<>();

    static {
        STEPS.put("facts", 20);
        STEPS.put(CONTRACT, 120);
        STEPS.put("parity", 40);
        STEPS.put("ceilings", 30);
        STEPS.put("stage", 120);
        STEPS.put("training", 120);
        STEPS.put("latency", 60);
        STEPS.put("kernels", 45);
        STEPS.put("branches", 40);
        STEPS.put("expand", 30);
        STEPS.put("busy", 30);
        STEPS.put("sanitizer", 130);
        STEPS.put("quickstart", 180);
        STEPS.put("depthwise", 60);
        STEPS.put("compiled", 180);
    }

    private final Path folder;
    private final Path results;
    private final Path bundle;
    private final String python;
    private final double minutes;
    private final long deadline;

    private CardSuite(Path folder, Path results, Path bundle, String python, double minutes) {
        this.folder = folder;
        this.results = results;
        this.bundle = bundle;
        this.python = python;
        this.minutes = minutes;
        this.deadline = System.nanoTime() + (long) (minutes * 60e9);
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Path folder = Path.of(args[0]);
        Files.createDirectories(folder);
        Path results = folder.resolve(CardFacts.shortName(CardFacts.card(Cuda.open(CudaBindings.load()))) + ".json");
        CardSuite suite = new CardSuite(folder, results, Path.of(args[1]), args[2], Double.parseDouble(args[3]));
        List<String> asked = args.length > 4 ? List.of(args).subList(4, args.length) : List.copyOf(STEPS.keySet());
        for (String step : asked) {
            if (!STEPS.containsKey(step)) {
                throw new IllegalArgumentException("there is no step '" + step + "'; expected some of " + STEPS.keySet());
            }
            suite.run(step);
        }
        System.out.println("written to " + results);
    }

    private double secondsLeft() {
        return (deadline - System.nanoTime()) / 1e9;
    }

    private void run(String step) throws IOException, InterruptedException {
        if (Results.sections(results).get(step) instanceof Results.Section s && !(s.content() instanceof Map<?, ?> m && m.containsKey(CardStep.FAILED))) {
            System.out.println(step + ": there already\n");
            return;
        }
        double seconds = Math.min(Math.min(STEPS.get(step), LARGEST_SHARE * 60 * minutes), secondsLeft());
        if (seconds < 5) {
            System.out.println(step + ": no time left\n");
            return;
        }
        long start = System.nanoTime();
        if (step.equals(CONTRACT)) {
            contract(seconds);
        } else {
            // Races look at the clock only between two of them.
            int code = child(CardStep.class, seconds, List.of(
                    results.toString(), bundle.toString(), folder.toString(), python, Double.toString(seconds * 0.8), step));
            if (code != 0) {
                System.out.println(step + ": ended with code " + code + "; see errors.log");
            }
        }
        System.out.printf("%s took %.1f s; %.0f s left%n%n", step, (System.nanoTime() - start) / 1e9, secondsLeft());
    }

    /** Runs a class of this class path in a JVM with this one's options; its errors go to a file. The code is -1 if its time was up. */
    private int child(Class<?> main, double seconds, List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectOutput(Redirect.INHERIT)
                .redirectError(Redirect.appendTo(folder.resolve("errors.log").toFile()))
                .start();
        Thread end = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(end);
        boolean ended = process.waitFor((long) (seconds * 1000), TimeUnit.MILLISECONDS);
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
        Runtime.getRuntime().removeShutdownHook(end);
        return ended ? process.exitValue() : -1;
    }

    /** Begins anew after a case that the card's context does not survive. */
    private void contract(double seconds) throws IOException, InterruptedException {
        Path file = folder.resolve("contract.txt");
        Files.deleteIfExists(file);
        long end = System.nanoTime() + (long) (seconds * 1e9);
        int begun = 0;
        int code;
        int done = 0;
        int before;
        do {
            before = done;
            code = child(ContractRun.class, (end - System.nanoTime()) / 1e9, List.of(file.toString(), Integer.toString(done)));
            begun++;
            List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
            done = lines.isEmpty() ? 0 : Integer.parseInt(lines.getLast().split("\t", 2)[0]) + 1;
            if (code != 0 && code != ContractRun.DIED && code != -1) {
                // The process ended in a case that has no line.
                Files.writeString(file, done + "\tFAILED\t?\t?\t?\tthe process ended with code " + code + "\n", StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
                done++;
            }
        } while (code != 0 && done > before && System.nanoTime() < end);
        ContractSummary summary = ContractSummary.of(Files.readAllLines(file), begun, code == 0);
        Results.putInto(results, CONTRACT, summary);
        System.out.println(summary);
    }
}
