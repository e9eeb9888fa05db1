package donna.bench.peers;

import donna.bench.Machine;
import donna.bench.Results;
import donna.bench.Table;
import donna.report.Summary;
import donna.spec.Json;
import donna.spec.SearchSpec;
import donna.spec.TrainSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How long does a whole search take in PyTorch and here, and how good are the models? For each seed the two run in
 * turn, each as a process of its own on the same images, and the clock of the whole process counts; of the peer's, what
 * it calls no part of the method is taken off. Arguments: Python, the peer's folder, the launcher, the spec, the
 * images' folder, the folder for runs, seeds such as {@code 1,2,3}, the share of the training images to use (1 is the
 * race, less is a smoke test), and the results folder (none: nothing is kept).
 */
public final class Quickstart {
    private static final String NOT_TIMED = "not part of the method";

    /** Our phases, and what the peer calls their parts. */
    private static final Map<String, List<String>> PHASES = phases();

    private final Path runs;
    private final double scale;

    /** What the peer writes. */
    private record Peer(Map<String, Double> seconds, PeerTeacher teacher, List<PeerPick> picks) {}

    private record PeerTeacher(double test) {}

    private record PeerPick(List<String> names, PeerFound found) {}

    private record PeerFound(double test) {}

    /** One side of one seed; every top1 is in percent. */
    private record Outcome(
            double wallSeconds,
            Map<String, Double> seconds,
            double teacherTop1,
            List<Double> picksTop1,
            double meanTop1) {
        static Outcome of(double wall, Map<String, Double> seconds, double teacher, List<Double> picks) {
            double mean =
                    picks.stream().mapToDouble(Double::doubleValue).average().orElse(0);
            return new Outcome(wall, seconds, teacher, picks, mean);
        }
    }

    private record Pair(int seed, Outcome pytorch, Outcome donna) {}

    private record Race(String pytorch, List<Pair> seeds, Spread wallRatio, double meanTop1Difference) {
        static Race of(String pytorch, List<Pair> pairs) {
            Spread ratio = Spread.ofRatios(
                    pairs.stream().map(p -> p.pytorch().wallSeconds()).toList(),
                    pairs.stream().map(p -> p.donna().wallSeconds()).toList());
            double difference = pairs.stream()
                    .mapToDouble(p -> p.donna().meanTop1() - p.pytorch().meanTop1())
                    .average()
                    .orElse(0);
            return new Race(pytorch, List.copyOf(pairs), ratio, difference);
        }
    }

    private Quickstart(Path runs, double scale) {
        this.runs = runs;
        this.scale = scale;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Quickstart race = new Quickstart(Path.of(args[5]), Double.parseDouble(args[7]));
        String version = Child.pytorchVersion(race.runs, args[0]);
        System.out.println(Machine.here() + "; PyTorch " + version + "\n");
        List<Pair> pairs = new ArrayList<>();
        for (String word : args[6].split(",")) {
            int seed = Integer.parseInt(word);
            Map<Boolean, Outcome> outcomes = new HashMap<>();
            boolean pytorchFirst = pairs.size() % 2 == 0;
            for (boolean pytorch : new boolean[] {pytorchFirst, !pytorchFirst}) {
                outcomes.put(
                        pytorch,
                        pytorch
                                ? race.pytorch(args[0], Path.of(args[1]), args[4], seed)
                                : race.donna(args[2], args[3], args[4], seed));
            }
            pairs.add(new Pair(seed, outcomes.get(true), outcomes.get(false)));
            System.out.println(table(pairs.getLast()));
            Race sofar = Race.of(version, pairs);
            System.out.printf(
                    Locale.ROOT,
                    "seeds so far: %d; wall time, PyTorch over DONNA: %s; mean of the picks, DONNA less PyTorch: "
                            + "%+.2f points%n%n",
                    pairs.size(),
                    sofar.wallRatio(),
                    sofar.meanTop1Difference());
            if (args.length > 8) {
                System.out.println("written to " + Results.put(Path.of(args[8]), "quickstart", sofar) + "\n");
            }
        }
    }

    private static Map<String, List<String>> phases() {
        Map<String, List<String>> phases = new LinkedHashMap<>();
        phases.put("teacher", List.of("data", "teacher"));
        phases.put("library", List.of("teacher features and logits", "block library"));
        phases.put("predictor", List.of("architecture library", "predictor"));
        phases.put("latency", List.of("latency table", "latency additivity"));
        phases.put("front", List.of("search"));
        phases.put("models", List.of("finetuning"));
        return phases;
    }

    private Outcome pytorch(String python, Path folder, String images, int seed)
            throws IOException, InterruptedException {
        System.err.println("seed " + seed + ", PyTorch ...");
        Path out = runs.resolve("pytorch-" + seed + ".json");
        Files.deleteIfExists(out);
        Child.Ended ended = Child.run(
                runs.resolve("pytorch-" + seed + ".log"),
                List.of(
                        python,
                        folder.resolve("donna_peer.py").toString(),
                        "--no-compare",
                        "--data",
                        images,
                        "--seed",
                        Integer.toString(seed),
                        "--scale",
                        Double.toString(scale),
                        "--out",
                        out.toString()));
        Peer peer = Json.read(out, Peer.class);
        Map<String, Double> seconds = new LinkedHashMap<>();
        PHASES.forEach((ours, parts) -> seconds.put(
                ours,
                parts.stream()
                        .mapToDouble(p -> peer.seconds().getOrDefault(p, 0.0))
                        .sum()));
        double aside = peer.seconds().entrySet().stream()
                .filter(e -> e.getKey().contains(NOT_TIMED))
                .mapToDouble(Map.Entry::getValue)
                .sum();
        List<Double> picks = peer.picks().stream().map(p -> p.found().test()).toList();
        return Outcome.of(ended.seconds() - aside, seconds, peer.teacher().test(), picks);
    }

    private Outcome donna(String launcher, String spec, String images, int seed)
            throws IOException, InterruptedException {
        System.err.println("seed " + seed + ", DONNA ...");
        Path run = runs.resolve("donna-" + seed);
        delete(run);
        List<String> command = new ArrayList<>(List.of(
                launcher,
                "search",
                spec,
                "--run",
                run.toString(),
                "--seed",
                Integer.toString(seed),
                "--set",
                "dataset.path=" + images));
        if (scale < 1) {
            command.addAll(fewerImages(Path.of(spec)));
        }
        Child.Ended ended = Child.run(runs.resolve("donna-" + seed + ".log"), command);
        Summary s = Json.read(run.resolve("summary.json"), Summary.class);
        List<Double> picks = s.models().stream().map(m -> 100 * m.top1()).toList();
        return Outcome.of(ended.seconds(), s.seconds(), 100 * s.teacher().top1(), picks);
    }

    /** The peer's rule for less than all images: their share, at least two batches. */
    private List<String> fewerImages(Path spec) {
        SearchSpec s = SearchSpec.read(spec, Map.of());
        Map<String, TrainSpec> training = Map.of(
                "teacher", s.teacher().train(),
                "distill", s.distill().train(),
                "predictor", s.predictor().train(),
                "finetune", s.finetune().train());
        List<String> overrides = new ArrayList<>();
        training.forEach((stage, t) -> overrides.addAll(List.of(
                "--set", stage + ".train.images=" + Math.max(2 * t.batch(), (int) (t.images() * scale)))));
        return overrides;
    }

    private static String table(Pair p) {
        Table table = new Table("seed " + p.seed(), "PyTorch", "DONNA", "ratio");
        PHASES.keySet().forEach(phase -> {
            double theirs = p.pytorch().seconds().get(phase);
            double ours = p.donna().seconds().getOrDefault(phase, 0.0);
            table.row(
                    phase + " s",
                    Table.number(theirs),
                    Table.number(ours),
                    ours > 0 ? Table.number(theirs / ours) : "");
        });
        table.row(
                "whole process s",
                Table.number(p.pytorch().wallSeconds()),
                Table.number(p.donna().wallSeconds()),
                Table.number(p.pytorch().wallSeconds() / p.donna().wallSeconds()));
        table.row(
                "teacher top-1 %",
                Table.number(p.pytorch().teacherTop1()), Table.number(p.donna().teacherTop1()), "");
        for (int i = 0;
                i
                        < Math.max(
                                p.pytorch().picksTop1().size(),
                                p.donna().picksTop1().size());
                i++) {
            table.row(
                    "pick " + (i + 1) + " top-1 %",
                    at(p.pytorch().picksTop1(), i),
                    at(p.donna().picksTop1(), i),
                    "");
        }
        table.row("mean of picks %", two(p.pytorch().meanTop1()), two(p.donna().meanTop1()), "");
        return table.toString();
    }

    private static String at(List<Double> values, int i) {
        return i < values.size() ? two(values.get(i)) : "-";
    }

    private static String two(double percent) {
        return String.format(Locale.ROOT, "%.2f", percent);
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(p);
                }
            }
        }
    }
}
