package donna.bench.gpu;

import donna.backend.Precision;
import donna.bench.Table;
import donna.bench.step.Stages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/** Races against PyTorch on the same card: our way and PyTorch's ways in turn, in the same precision. Without PyTorch, ours alone. */
final class PeerRaces {
    private static final int ROUNDS = 5;
    private static final double ROUND_MS = 250;
    private static final double LATENCY_ROUND_MS = 100;
    private static final int STAGE_BATCH = 128;
    private static final int[] OTHER_STAGE_BATCHES = {256, 64};
    private static final int TRAINING_BATCH = 128;
    private static final int[] LATENCY_BATCHES = {1, 32, 64};
    private static final List<String> STAGE_VARIANTS = List.of("eager", "graph", "streams");
    private static final List<String> COMPILED_VARIANTS = List.of("eager", "graph", "compile", "compile graph");

    private PeerRaces() {}

    /** All rows of a race. */
    record Raced(String pytorch, List<Race.Row> rows) {}

    /** Runs races, one after another, until it is late. */
    @FunctionalInterface
    private interface Races {
        void run(Cards cards, Consumer<Race.Row> rows);
    }

    /** A stage's race, and PyTorch's ways in it. */
    private record StageRace(Stages.Stage stage, List<String> variants) {
        List<Map<String, Object>> requests() {
            return variants.stream().map(this::request).toList();
        }

        Map<String, Object> request(String variant) {
            return StageWork.request(stage, variant, Precision.BF16.word());
        }
    }

    /** One model's race. */
    private record ModelRace(String kind, String model, int batch, Precision precision) {
        List<Map<String, Object>> requests() {
            return COMPILED_VARIANTS.stream().map(this::request).toList();
        }

        Map<String, Object> request(String variant) {
            return ModelWork.request(kind, model, batch, ModelWork.PIXELS, variant, precision.word());
        }
    }

    private static List<StageRace> stageRaces(Path bundle, int batch) {
        List<StageRace> races = new ArrayList<>();
        for (Stages.Stage json : Stages.read(bundle.resolve("bkd_stages.json")).stages()) {
            races.add(new StageRace(StageWork.scaled(json, batch, StageWork.CANDIDATES), STAGE_VARIANTS));
            if (races.size() == 1 && batch == STAGE_BATCH) {
                races.add(new StageRace(StageWork.scaled(json, batch, StageWork.FEW_CANDIDATES), COMPILED_VARIANTS));
            }
        }
        return races;
    }

    private static List<ModelRace> modelRaces(String kind, int batch, Precision precision) {
        return ModelWork.TIMM.keySet().stream().sorted(Comparator.naturalOrder()).map(m -> new ModelRace(kind, m, batch, precision)).toList();
    }

    private static List<ModelRace> latencyRaces() {
        List<ModelRace> races = new ArrayList<>();
        for (Precision p : List.of(Precision.BF16, Precision.F32)) {
            for (int batch : LATENCY_BATCHES) {
                races.addAll(modelRaces("inference", batch, p));
            }
        }
        return races;
    }

    /** What PyTorch will be asked for in the races named, the most important first. */
    static List<Map<String, Object>> ahead(Path bundle, List<String> names) {
        List<Map<String, Object>> requests = new ArrayList<>();
        if (names.contains("training")) {
            modelRaces("training", TRAINING_BATCH, Precision.BF16).forEach(r -> requests.addAll(r.requests()));
        }
        if (names.contains("stage")) {
            stageRaces(bundle, STAGE_BATCH).forEach(r -> requests.addAll(r.requests()));
        }
        if (names.contains("latency")) {
            latencyRaces().forEach(r -> requests.addAll(r.requests()));
        }
        return requests;
    }

    static void stage(CardStep.Place place) throws IOException {
        run(place, "stage", "block distillation: ms of a step of all candidates", (cards, rows) -> {
            List<StageRace> all = new ArrayList<>(stageRaces(place.bundle(), STAGE_BATCH));
            for (int batch : OTHER_STAGE_BATCHES) {
                all.addAll(stageRaces(place.bundle(), batch));
            }
            for (StageRace r : all) {
                if (place.late()) {
                    return;
                }
                int count = r.stage.candidates().size();
                Race race = new Race(ROUNDS, ROUND_MS);
                race.enter("ours bf16", () -> StageWork.ours("ours bf16", cards.open(Precision.BF16), r.stage, count));
                race.enter("ours bf16 serial", () -> StageWork.ours("ours bf16 serial", cards.open(Precision.BF16), r.stage, 1));
                enter(race, place, r.variants, r::request);
                rows.accept(race.run(r.stage.name() + ", " + count + " candidates, batch " + r.stage.batch(), (long) r.stage.batch() * count));
            }
        });
    }

    static void training(CardStep.Place place) throws IOException {
        run(place, "training", "training at " + ModelWork.PIXELS + " px: ms of a step", (cards, rows) -> {
            for (ModelRace r : modelRaces("training", TRAINING_BATCH, Precision.BF16)) {
                if (place.late()) {
                    return;
                }
                Race race = new Race(ROUNDS, ROUND_MS);
                for (boolean fast : new boolean[] {false, true}) {
                    String ours = "ours " + r.precision.word() + (fast ? " fast" : "");
                    race.enter(ours, () -> ModelWork.trainingContender(ours, cards.open(r.precision, fast), r.model, r.batch, ModelWork.PIXELS));
                }
                rows.accept(run(race, place, r));
            }
        });
    }

    static void latency(CardStep.Place place) throws IOException {
        run(place, "latency", "inference at " + ModelWork.PIXELS + " px: ms of a batch", (cards, rows) -> {
            for (ModelRace r : latencyRaces()) {
                if (place.late()) {
                    return;
                }
                String ours = "ours " + r.precision.word();
                Race race = new Race(ROUNDS, LATENCY_ROUND_MS);
                race.enter(ours, () -> ModelWork.inferenceContender(ours, cards.open(r.precision), r.model, r.batch, ModelWork.PIXELS));
                rows.accept(run(race, place, r));
            }
        });
    }

    private static Race.Row run(Race race, CardStep.Place place, ModelRace r) {
        enter(race, place, COMPILED_VARIANTS, r::request);
        return race.run(r.model + ", batch " + r.batch + ", " + r.precision.word(), r.batch);
    }

    private static void enter(Race race, CardStep.Place place, List<String> variants, Function<String, Map<String, Object>> request) {
        place.peers().ifPresent(peers -> {
            for (String v : variants) {
                Map<String, Object> r = request.apply(v);
                String name = "PyTorch " + r.get("precision") + " " + v;
                race.enter(name, () -> peers.contender(name, r));
            }
        });
    }

    private static void run(CardStep.Place place, String section, String title, Races races) throws IOException {
        List<Race.Row> rows = new ArrayList<>();
        try (Cards cards = new Cards()) {
            String version = place.peers().isPresent() ? place.peers().get().version() : "none";
            System.out.println(title + "; " + version);
            races.run(cards, row -> {
                rows.add(row);
                place.put(section, new Raced(version, rows));
                System.out.println(table(row));
            });
        }
    }

    static Table table(Race.Row row) {
        Table table = new Table(row.work(), "median", "min", "max", "images/s", "times the first");
        double first = row.times().values().stream().findFirst().map(Race.Timed::medianMs).orElse(0.0);
        row.times().forEach((name, t) -> table.row("  " + name, Table.number(t.medianMs()), Table.number(t.minMs()), Table.number(t.maxMs()),
                Table.number(row.images() / t.medianMs() * 1e3), Table.number(t.medianMs() / first)));
        row.failed().forEach((name, why) -> table.row("  " + name + " failed: " + why.substring(0, Math.min(why.length(), 200)), "", "", "", "", ""));
        return table;
    }
}
