package donna.bench.search;

import donna.backend.Backends;
import donna.backend.Devices;
import donna.backend.Precision;
import donna.bench.Machine;
import donna.bench.Results;
import donna.bench.Table;
import donna.data.Dataset;
import donna.distill.Images;
import donna.jobs.Progress;
import donna.predict.PredictorReport;
import donna.run.ImageSource;
import donna.run.RunFolder;
import donna.run.Search;
import donna.run.Stage;
import donna.spec.Json;
import donna.spec.SearchSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * How well does the accuracy predictor rank architectures it has not seen, beside simpler scores? For each seed a
 * search up to its predictor, with held-out architectures, in a folder {@code seed-N} of its own. Arguments: the spec,
 * the folder for runs, the results folder, seeds such as {@code 1,2,3}, the number of held-out architectures, threads
 * (0: only the seeds that are finished are read), and the images' folder with IDX files (none: fetched). Several
 * processes may work on different seeds at a time.
 */
public final class PredictorQuality {
    private static final String REPORT = "predictor.json";
    private static final String OURS = "predictor";
    private static final String SEARCH = "predictor, from the blocks alone";

    private PredictorQuality() {}

    /** One way to rank, rated on one seed; errors in percentage points. */
    private record Rated(double tau, double error, double heldOutTau, double heldOutError) {
        static Rated mean(List<Rated> all) {
            return new Rated(
                    mean(all, Rated::tau),
                    mean(all, Rated::error),
                    mean(all, Rated::heldOutTau),
                    mean(all, Rated::heldOutError));
        }

        private static double mean(List<Rated> all, Function<Rated, Double> of) {
            return all.stream().mapToDouble(of::apply).average().orElse(Double.NaN);
        }
    }

    /** All ways, by name. */
    private record Seed(
            long seed, int labels, int heldOut, double leavePairOutTau, double coverage, Map<String, Rated> ways) {
        static Seed of(long seed, PredictorReport r) {
            PredictorReport.HeldOut held = r.heldOut().orElseThrow();
            Map<String, Rated> ways = new TreeMap<>();
            ways.put(OURS, rated(r.leaveOneOut(), held.predictor()));
            ways.put(SEARCH, rated(r.searchLeaveOneOut(), held.search()));
            r.baselines().forEach((name, b) -> {
                PredictorReport.Baseline h = held.baselines().get(name);
                ways.put(name, new Rated(b.tau(), 100 * b.rmse(), h.tau(), 100 * h.rmse()));
            });
            return new Seed(seed, r.n(), held.n(), r.leavePairOutTau(), held.coverage(), ways);
        }

        private static Rated rated(PredictorReport.Quality loo, PredictorReport.Quality held) {
            return new Rated(loo.tau(), 100 * loo.rmse(), held.tau(), 100 * held.rmse());
        }
    }

    /** What is kept: every seed, and the means. */
    private record Comparison(
            List<Seed> seeds, double meanLeavePairOutTau, double meanCoverage, Map<String, Rated> means) {
        static Comparison of(List<Seed> seeds) {
            Map<String, Rated> means = new TreeMap<>();
            for (String way : seeds.getFirst().ways().keySet()) {
                means.put(way, Rated.mean(seeds.stream().map(s -> s.ways().get(way)).toList()));
            }
            double pairs = seeds.stream()
                    .mapToDouble(Seed::leavePairOutTau)
                    .average()
                    .orElseThrow();
            double coverage =
                    seeds.stream().mapToDouble(Seed::coverage).average().orElseThrow();
            return new Comparison(List.copyOf(seeds), pairs, coverage, means);
        }
    }

    public static void main(String[] args) {
        System.out.println(Machine.here() + "\n");
        List<Seed> seeds = new ArrayList<>();
        int threads = Integer.parseInt(args[5]);
        for (String word : args[3].split(",")) {
            Path run = Path.of(args[1], "seed-" + word);
            if (threads > 0) {
                Map<String, String> set = new TreeMap<>(Map.of("seed", word, "predictor.held_out", args[4]));
                if (args.length > 6) {
                    set.put("dataset.name", "idx");
                    set.put("dataset.path", args[6]);
                }
                search(SearchSpec.read(Path.of(args[0]), set), run, threads);
            } else if (Files.notExists(run.resolve(REPORT))) {
                System.out.println("seed " + word + " is not finished\n");
                continue;
            }
            seeds.add(Seed.of(Long.parseLong(word), report(run)));
            System.out.println(table("seed " + word, seeds.getLast().ways()));
        }
        if (seeds.isEmpty()) {
            return;
        }
        Comparison all = Comparison.of(seeds);
        System.out.println(table("mean of " + seeds.size() + " seeds", all.means()));
        System.out.printf(
                Locale.ROOT,
                "%d labels, %d held-out architectures; %.1f %% of the latter inside their intervals of 90 %%; tau of the "
                        + "predictor over pairs of labels that its fits saw neither of: %.3f%n",
                seeds.getFirst().labels(),
                seeds.getFirst().heldOut(),
                100 * all.meanCoverage(),
                all.meanLeavePairOutTau());
        System.out.println("written to " + Results.put(Path.of(args[2]), "predictor", all));
    }

    private static void search(SearchSpec spec, Path run, int threads) {
        Images images = ImageSource.open(spec, System.err::println);
        try (RunFolder folder = RunFolder.open(run);
                Devices devices = Backends.openAll("cpu", Precision.F32, System.err::println)) {
            Search.Options options = new Search.Options(threads, false, Stage.PREDICTOR);
            Search.run(spec, images, folder, devices, new Phases(spec.seed()), options);
        } finally {
            List.of(images.train(), images.validation(), images.test()).forEach(Dataset::close);
        }
    }

    private static PredictorReport report(Path run) {
        Object value = Json.read(run.resolve(REPORT), Map.class).get("value");
        return Json.parse(Json.text(value), PredictorReport.class);
    }

    /** Names each phase as it begins. */
    private record Phases(long seed) implements Progress {
        @Override
        public void phase(String name) {
            System.err.println("seed " + seed + ": " + name);
        }

        @Override
        public void update(long done, long total, String unit) {}

        @Override
        public void line(String text) {
            System.err.println("seed " + seed + ": " + text);
        }
    }

    private static Table table(String title, Map<String, Rated> ways) {
        Table table = new Table(title, "tau", "RMSE", "held-out tau", "held-out RMSE");
        ways.entrySet().stream()
                .sorted((a, b) -> Double.compare(b.getValue().tau(), a.getValue().tau()))
                .forEach(e -> table.row(
                        e.getKey(),
                        three(e.getValue().tau()),
                        three(e.getValue().error()),
                        three(e.getValue().heldOutTau()),
                        three(e.getValue().heldOutError())));
        return table;
    }

    private static String three(double x) {
        return String.format(Locale.ROOT, "%.3f", x);
    }
}
