package donna.bench.gpu;

import donna.bench.Results;
import donna.ffi.Cuda;
import donna.ffi.CudaBindings;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Everything that needs a card, in the order of its worth, each step with a time of its own, and what could break a card's context in a process of its own.
 * First what is not timed: meanwhile PyTorch prepares and compiles what races will want. Then, alone, what is timed. Arguments: the results folder, the
 * bundle's folder, Python with PyTorch (or {@code none}), minutes, the steps (none: all). What the results already hold is not done again. Prints tables.
 */
public final class CardSuite {
    private static final String CONTRACT = "contract";
    private static final String SANITIZER = "sanitizer";
    /** Of all the time, that one step may take. */
    private static final double LARGEST_SHARE = 0.4;
    /** Of all the time, that PyTorch may prepare in, if what is not timed is done before. */
    private static final double AHEAD_SHARE = 0.25;
    /** For what PyTorch is busy with when that time ends. */
    private static final int PATIENCE_SECONDS = 45;

    /** The steps that are not timed, in order, with the seconds that each may take at most. */
    private static final Map<String, Integer> UNTIMED = new LinkedHashMap<>();

    /** Races against PyTorch. */
    private static final Map<String, Integer> RACES = new LinkedHashMap<>();

    /** What is timed without PyTorch. */
    private static final Map<String, Integer> TIMED = new LinkedHashMap<>();

    static {
        UNTIMED.put("facts", 20);
        UNTIMED.put(CONTRACT, 120);
        UNTIMED.put("parity", 40);
        UNTIMED.put(SANITIZER, 150);
        RACES.put("training", 80);
        RACES.put("stage", 75);
        RACES.put("latency", 80);
        TIMED.put("ceilings", 30);
        TIMED.put("kernels", 45);
        TIMED.put("products", 45);
        TIMED.put("quickstart", 90);
        TIMED.put("expand", 30);
        TIMED.put("busy", 30);
        TIMED.put("branches", 40);
        TIMED.put("depthwise", 60);
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
        List<String> all = new ArrayList<>(UNTIMED.keySet());
        all.addAll(RACES.keySet());
        all.addAll(TIMED.keySet());
        List<String> asked = args.length > 4 ? List.of(args).subList(4, args.length) : all;
        if (!all.containsAll(asked)) {
            throw new IllegalArgumentException("the steps " + asked + "; expected some of " + all);
        }
        suite.run(asked.stream().filter(suite::missing).toList());
        System.out.println("written to " + results);
    }

    private double secondsLeft() {
        return (deadline - System.nanoTime()) / 1e9;
    }

    private boolean missing(String step) {
        boolean there = Results.sections(results).get(step) instanceof Results.Section s
                && !(s.content() instanceof Map<?, ?> m && m.containsKey(CardStep.FAILED));
        if (there) {
            System.out.println(step + ": there already");
        }
        return !there;
    }

    private void run(List<String> steps) throws IOException, InterruptedException {
        List<String> races = RACES.keySet().stream().filter(steps::contains).toList();
        Process racing = races.isEmpty() ? null : startRaces(races);
        CompletableFuture<Map<String, String>> sanitized = steps.contains(SANITIZER)
                ? CompletableFuture.supplyAsync(() -> Sanitizer.run(folder, seconds(UNTIMED, SANITIZER)))
                        .exceptionally(e -> Map.of(CardStep.FAILED, String.valueOf(e)))
                : null;
        for (String step : UNTIMED.keySet()) {
            if (steps.contains(step) && !step.equals(SANITIZER)) {
                run(step, seconds(UNTIMED, step));
            }
        }
        if (sanitized != null) {
            Results.putInto(results, SANITIZER, sanitized.join());
        }
        if (racing != null) {
            race(racing, races);
        }
        for (String step : TIMED.keySet()) {
            if (steps.contains(step)) {
                run(step, seconds(TIMED, step));
            }
        }
    }

    /** The time of a step that begins now. */
    private double seconds(Map<String, Integer> all, String step) {
        return Math.min(Math.min(all.get(step), LARGEST_SHARE * 60 * minutes), secondsLeft());
    }

    private void run(String step, double seconds) throws IOException, InterruptedException {
        if (seconds < 5) {
            System.out.println(step + ": no time left\n");
            return;
        }
        long start = System.nanoTime();
        if (step.equals(CONTRACT)) {
            contract(seconds);
        } else {
            int code = await(step(0, List.of(step + "=" + seconds)), seconds);
            if (code != 0) {
                System.out.println(step + ": ended with code " + code + "; see errors.log");
            }
        }
        System.out.printf("%s took %.1f s; %.0f s left%n%n", step, (System.nanoTime() - start) / 1e9, secondsLeft());
    }

    /** Lets PyTorch prepare; the process races when it is told so. */
    private Process startRaces(List<String> races) throws IOException {
        return step(AHEAD_SHARE * 60 * minutes, races.stream().map(r -> r + "=" + RACES.get(r)).toList());
    }

    private void race(Process racing, List<String> races) throws InterruptedException {
        long start = System.nanoTime();
        try (OutputStream in = racing.getOutputStream()) {
            in.write("go\n".getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            System.out.println("the races' process has ended: " + e.getMessage() + "; see errors.log");
        }
        double most = AHEAD_SHARE * 60 * minutes + 2 * PATIENCE_SECONDS + races.stream().mapToInt(RACES::get).sum();
        int code = await(racing, Math.min(most, secondsLeft()));
        System.out.printf("%s took %.1f s and ended with code %d; %.0f s left%n%n", races, (System.nanoTime() - start) / 1e9, code, secondsLeft());
    }

    private Process step(double aheadSeconds, List<String> steps) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                results.toString(), bundle.toString(), folder.toString(), python, Double.toString(aheadSeconds), Integer.toString(PATIENCE_SECONDS)));
        arguments.addAll(steps);
        return child(CardStep.class, arguments);
    }

    /** Starts a class of this class path in a JVM with this one's options; its errors go to a file. */
    private Process child(Class<?> main, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectOutput(Redirect.INHERIT)
                .redirectError(Redirect.appendTo(folder.resolve("errors.log").toFile()))
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process)));
        return process;
    }

    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** Its code; -1 if its time was up. */
    private static int await(Process process, double seconds) throws InterruptedException {
        boolean ended = process.waitFor((long) (seconds * 1000), TimeUnit.MILLISECONDS);
        end(process);
        process.waitFor();
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
            code = await(child(ContractRun.class, List.of(file.toString(), Integer.toString(done))), (end - System.nanoTime()) / 1e9);
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
