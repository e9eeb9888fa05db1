package donna.bench.peers;

import donna.backend.Precision;
import donna.bench.Machine;
import donna.bench.Results;
import donna.bench.Table;
import donna.bench.step.BkdStep;
import donna.bench.step.Stages;
import donna.spec.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How long does a training step of every candidate of a stage take in PyTorch, which gives all threads to one candidate after another, and here, with one
 * candidate per thread? For each stage the two run in turn, each in a process of its own: all candidates against PyTorch eager, four of them against
 * {@code torch.compile} as well. Arguments: Python, the peer's folder, the folder for logs, threads, rounds, steps, {@code eager} or {@code compile} (eager
 * and, for the four, compile), the precision of both ({@code F32}, {@code BF16}), and the results folder (none: nothing is kept).
 */
public final class BlockDistillation {
    /** The four candidates that a stage begins with and that are reported apart from it. */
    private static final String FOUR_OF = "cifar-24-40";

    private static final int FOUR = 4;
    private static final String SECTION = "blockDistillation";
    private static final String STAGES = "bkd_stages.json";
    private static final String SCRIPT = "bkd_peer.py";

    private final String python;
    private final Path peer;
    private final Path logs;
    private final int threads;
    private final int steps;
    private final Precision precision;

    /** A line of the result: milliseconds for one step of all candidates; ratio is the peer's over ours, round by round. */
    private record Row(String work, int candidates, double peerMs, double oursMs, Spread ratio, List<Double> peerRounds, List<Double> oursRounds) {
        static Row of(String work, int candidates, List<Double> peer, List<Double> ours) {
            return new Row(work, candidates, Spread.of(peer).median(), Spread.of(ours).median(), Spread.ofRatios(peer, ours), peer, ours);
        }
    }

    /**
     * A candidate's step on one thread while all work.
     *
     * @param shareOfFloor what its operations take at the rate of multiply-accumulates measured beside it, in percent of the time
     */
    private record Step(String stage, String candidate, double ms, double gflop, double shareOfFloor, double allocatedBytes) {}

    /** What all rounds gave: each way's candidates in order. */
    private record Rounds(List<List<Double>> eager, List<List<Double>> compiled, List<StepLines> ours) {}

    private record Race(
            String pytorch, int threads, int rounds, int steps, double peakGflops, List<Row> rows, List<Step> candidates, Map<String, String> failed) {}

    private final List<Row> rows = new ArrayList<>();
    private final List<Step> candidates = new ArrayList<>();
    private final List<Double> peaks = new ArrayList<>();
    private final Map<String, String> failed = new LinkedHashMap<>();

    private BlockDistillation(String python, Path peer, Path logs, int threads, int steps, Precision precision) {
        this.python = python;
        this.peer = peer;
        this.logs = logs;
        this.threads = threads;
        this.steps = steps;
        this.precision = precision;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        int threads = Integer.parseInt(args[3]);
        int rounds = Integer.parseInt(args[4]);
        int steps = Integer.parseInt(args[5]);
        Precision precision = Precision.valueOf(args[7]);
        BlockDistillation race = new BlockDistillation(args[0], Path.of(args[1]), Path.of(args[2]), threads, steps, precision);
        String pytorch = Child.pytorchVersion(race.logs, race.python);
        race.run(rounds, args[6].equals("compile"));
        System.out.println(Machine.here() + "; PyTorch " + pytorch);
        System.out.println("a training step of all candidates in " + precision.word() + ", " + threads + " threads, " + rounds + " rounds in turn\n\n" + race);
        if (args.length > 8) {
            Race result = new Race(
                    pytorch, threads, rounds, steps, Spread.of(race.peaks).median(), race.rows, race.candidates, race.failed);
            System.out.println("written to " + Results.put(Path.of(args[8]), precision == Precision.F32 ? SECTION : SECTION + "-" + precision.word(), result));
        }
    }

    @Override
    public String toString() {
        Table table = new Table("block distillation", "candidates", "PyTorch ms", "ours ms", "ratio [min, max]");
        rows.forEach(r -> table.row(r.work, Integer.toString(r.candidates), Table.number(r.peerMs), Table.number(r.oursMs), r.ratio.toString()));
        Table each = new Table("candidate, one thread of " + threads, "ms", "GFLOP", "% of floor", "B allocated");
        candidates.forEach(c -> each.row(c.stage + " " + c.candidate, Table.number(c.ms), Table.number(c.gflop), Table.number(c.shareOfFloor),
                Table.number(c.allocatedBytes)));
        StringBuilder text = new StringBuilder().append(table).append('\n').append(each);
        failed.forEach((work, why) -> text.append(work).append(" failed: ").append(why).append('\n'));
        return text.toString();
    }

    private void run(int rounds, boolean compile) throws IOException, InterruptedException {
        for (Stages.Stage stage : Stages.read(peer.resolve(STAGES)).stages()) {
            boolean four = stage.name().equals(FOUR_OF);
            Rounds all = new Rounds(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            List<String> ways = four && compile ? List.of("eager", "compile", "ours") : List.of("eager", "ours");
            for (int round = 0; round < rounds; round++) {
                System.err.println(stage.name() + ", round " + (round + 1) + " of " + rounds + " ...");
                for (String way : round % 2 == 0 ? ways : ways.reversed()) {
                    switch (way) {
                        case "eager" -> all.eager.add(peer(peer, way, stage));
                        case "compile" -> compiled(stage).ifPresent(all.compiled::add);
                        default -> all.ours.add(ours(stage));
                    }
                }
            }
            if (four) {
                rows.add(row("the four of " + FOUR_OF, FOUR, all.eager, all.ours));
            }
            if (all.compiled.size() == rounds) {
                rows.add(row("the four of " + FOUR_OF + ", torch.compile", FOUR, all.compiled, all.ours));
            }
            rows.add(row(stage.name(), stage.candidates().size(), all.eager, all.ours));
            all.ours.forEach(o -> peaks.add(o.peakGflops()));
            for (int c = 0; c < stage.candidates().size(); c++) {
                candidates.add(candidate(stage, c, all.ours));
            }
        }
    }

    /** With a candidate on every thread, a step of one costs the stage a thread's share of its time. */
    private Row row(String work, int count, List<List<Double>> peer, List<StepLines> ours) {
        List<Double> all = sums(ours.stream().map(StepLines::ms).toList(), count).stream().map(ms -> ms / threads).toList();
        return Row.of(work, count, sums(peer, count), all);
    }

    private static List<Double> sums(List<List<Double>> rounds, int candidates) {
        return rounds.stream().map(ms -> ms.stream().limit(candidates).mapToDouble(Double::doubleValue).sum()).toList();
    }

    private static Step candidate(Stages.Stage stage, int c, List<StepLines> rounds) {
        double gflop = rounds.getFirst().gflop().get(c);
        List<Double> shares = rounds.stream().map(r -> 100 * gflop / r.peakGflops() / (r.ms().get(c) / 1e3)).toList();
        double ms = Spread.of(rounds.stream().map(r -> r.ms().get(c)).toList()).median();
        double bytes = rounds.stream().mapToDouble(r -> r.allocatedBytes().get(c)).max().orElse(0);
        return new Step(stage.name(), stage.candidates().get(c).inWords(), ms, gflop, Spread.of(shares).median(), bytes);
    }

    private List<Double> peer(Path folder, String mode, Stages.Stage stage) throws IOException, InterruptedException {
        String output = Child.run(logs.resolve("bkd-" + mode + ".log"), List.of(python, folder.resolve(SCRIPT).toString(), "--mode", mode, "--dtype",
                        precision == Precision.F32 ? "fp32" : precision.word(), "--threads", Integer.toString(threads), "--steps", Integer.toString(steps), "--stage", stage.name()))
                .output();
        return StepLines.milliseconds(stage.name(), stage.candidates().size(), output);
    }

    /** The peer takes the stages from the folder in which it lies: there, only the four are left to compile. Empty if it cannot. */
    private Optional<List<Double>> compiled(Stages.Stage stage) throws IOException, InterruptedException {
        if (!failed.isEmpty()) {
            return Optional.empty();
        }
        Stages.Stage few = stage.first(FOUR);
        Path folder = Files.createDirectories(logs.resolve("four"));
        Files.copy(peer.resolve(SCRIPT), folder.resolve(SCRIPT), StandardCopyOption.REPLACE_EXISTING);
        Json.write(folder.resolve(STAGES), new Stages(List.of(few)));
        try {
            return Optional.of(peer(folder, "compile", few));
        } catch (IllegalStateException e) {
            failed.put("torch.compile", String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private StepLines ours(Stages.Stage stage) throws IOException, InterruptedException {
        List<String> arguments =
                List.of(peer.resolve(STAGES).toString(), "cpu", precision.name(), Integer.toString(threads), Integer.toString(steps), stage.name());
        String output = Child.run(logs.resolve("bkd-ours.log"), Child.java(BkdStep.class, arguments)).output();
        return StepLines.read(stage.name(), stage.candidates().size(), output);
    }
}
