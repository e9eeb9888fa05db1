package donna.bench.peers;

import donna.bench.Machine;
import donna.bench.Results;
import donna.bench.Table;
import donna.bench.step.BkdStep;
import donna.spec.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long does a training step of every candidate of a stage take in PyTorch eager, which gives all threads to one
 * candidate after another, and here, with one candidate per thread? For each stage the two run in turn, each in a
 * process of its own. Arguments: Python, the peer's folder, the folder for logs, threads, rounds, steps, and the
 * results folder (none: nothing is kept).
 */
public final class BlockDistillation {
    /** The four candidates that a stage begins with and that are reported apart from it. */
    private static final String FOUR_OF = "cifar-24-40";

    private final String python;
    private final Path peer;
    private final Path logs;
    private final int threads;
    private final int steps;

    /** The part of the stages file that is needed here. */
    private record Stages(List<Stage> stages) {}

    private record Stage(String name, List<Map<String, Object>> candidates) {}

    /** A line of the result: milliseconds for one step of all candidates; ratio is eager over ours, round by round. */
    private record Row(
            String work,
            int candidates,
            double eagerMs,
            double oursMs,
            Spread ratio,
            List<Double> eagerRounds,
            List<Double> oursRounds) {
        static Row of(String work, int candidates, List<Double> eager, List<Double> ours) {
            return new Row(
                    work,
                    candidates,
                    Spread.of(eager).median(),
                    Spread.of(ours).median(),
                    Spread.ofRatios(eager, ours),
                    eager,
                    ours);
        }
    }

    private record Race(String pytorch, int threads, int rounds, int steps, List<Row> rows) {}

    private BlockDistillation(String python, Path peer, Path logs, int threads, int steps) {
        this.python = python;
        this.peer = peer;
        this.logs = logs;
        this.threads = threads;
        this.steps = steps;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        int threads = Integer.parseInt(args[3]);
        int rounds = Integer.parseInt(args[4]);
        int steps = Integer.parseInt(args[5]);
        BlockDistillation race = new BlockDistillation(args[0], Path.of(args[1]), Path.of(args[2]), threads, steps);
        String pytorch = Child.pytorchVersion(race.logs, race.python);
        List<Row> rows = race.run(rounds);
        Table table = new Table("block distillation", "candidates", "eager ms", "ours ms", "ratio [min, max]");
        rows.forEach(r -> table.row(
                r.work(),
                Integer.toString(r.candidates()),
                Table.number(r.eagerMs()),
                Table.number(r.oursMs()),
                r.ratio().toString()));
        System.out.println(Machine.here() + "; PyTorch " + pytorch);
        System.out.println("a training step of all candidates, " + threads + " threads, " + rounds
                + " rounds in turn\n\n" + table);
        if (args.length > 6) {
            System.out.println("written to "
                    + Results.put(
                            Path.of(args[6]), "blockDistillation", new Race(pytorch, threads, rounds, steps, rows)));
        }
    }

    private List<Row> run(int rounds) throws IOException, InterruptedException {
        Path file = peer.resolve("bkd_stages.json");
        List<Row> rows = new ArrayList<>();
        for (Stage stage : Json.read(file, Stages.class).stages()) {
            Map<Boolean, List<List<Double>>> times =
                    new LinkedHashMap<>(Map.of(true, new ArrayList<>(), false, new ArrayList<>()));
            for (int round = 0; round < rounds; round++) {
                System.err.println(stage.name() + ", round " + (round + 1) + " of " + rounds + " ...");
                for (boolean eager : round % 2 == 0 ? new boolean[] {true, false} : new boolean[] {false, true}) {
                    times.get(eager).add(eager ? eager(stage) : ours(stage, file));
                }
            }
            int all = stage.candidates().size();
            if (stage.name().equals(FOUR_OF)) {
                rows.add(row("the four of " + FOUR_OF, 4, times));
            }
            rows.add(row(stage.name(), all, times));
        }
        return rows;
    }

    private static Row row(String work, int candidates, Map<Boolean, List<List<Double>>> times) {
        return Row.of(work, candidates, sums(times.get(true), candidates), sums(times.get(false), candidates));
    }

    private static List<Double> sums(List<List<Double>> rounds, int candidates) {
        return rounds.stream()
                .map(ms -> ms.stream()
                        .limit(candidates)
                        .mapToDouble(Double::doubleValue)
                        .sum())
                .toList();
    }

    private List<Double> eager(Stage stage) throws IOException, InterruptedException {
        String output = Child.run(
                        logs.resolve("bkd-eager.log"),
                        List.of(
                                python,
                                peer.resolve("bkd_peer.py").toString(),
                                "--threads",
                                Integer.toString(threads),
                                "--steps",
                                Integer.toString(steps),
                                "--stage",
                                stage.name()))
                .output();
        return milliseconds(stage, output);
    }

    /** With a candidate on every thread, a step of one costs the stage a thread's share of its time. */
    private List<Double> ours(Stage stage, Path file) throws IOException, InterruptedException {
        List<String> arguments =
                List.of(file.toString(), "cpu", Integer.toString(threads), Integer.toString(steps), stage.name());
        String output = Child.run(logs.resolve("bkd-ours.log"), Child.java(BkdStep.class, arguments))
                .output();
        return milliseconds(stage, output).stream().map(ms -> ms / threads).toList();
    }

    private static List<Double> milliseconds(Stage stage, String output) {
        List<Double> ms = milliseconds(stage.name(), output);
        if (ms.size() != stage.candidates().size()) {
            throw new IllegalStateException(stage.name() + ": " + ms.size() + " times for "
                    + stage.candidates().size() + " candidates; the output was\n" + output);
        }
        return ms;
    }

    /** Both programs print a line {@code STAGE CANDIDATE: 12.34 ms...} for each candidate, in order. */
    static List<Double> milliseconds(String stage, String output) {
        Pattern line = Pattern.compile("^" + Pattern.quote(stage) + " (?!total:|parallel:).*?: ([0-9.]+) ms");
        return output.lines()
                .map(line::matcher)
                .filter(Matcher::find)
                .map(m -> Double.valueOf(m.group(1)))
                .toList();
    }
}
