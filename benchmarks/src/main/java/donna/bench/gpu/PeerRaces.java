package donna.bench.gpu;

import donna.backend.Precision;
import donna.bench.Table;
import donna.bench.step.Stages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/** Races against PyTorch on the same card: our way and PyTorch's ways in turn. Without PyTorch, ours alone. */
final class PeerRaces {
    private static final int ROUNDS = 5;
    /** PyTorch's variants that are soon ready. */
    private static final List<String> SHORT = List.of("eager", "graph");
    private static final int[] STAGE_BATCHES = {128, 256, 64};
    private static final int[] TRAINING_BATCHES = {128, 256};
    /** Of what is trained in floats or after a long preparation. */
    private static final int[] FEW_BATCHES = {128};
    private static final int[] LATENCY_BATCHES = {1, 32, 64};

    private PeerRaces() {}

    /** All rows of a race. */
    record Raced(String pytorch, List<Race.Row> rows) {}

    /** Runs races, one after another, until it is late. */
    @FunctionalInterface
    private interface Races {
        void run(Cards cards, Peer peer, Consumer<Race.Row> rows);
    }

    static void stage(CardStep.Place place) throws IOException {
        run(place, "stage", "block distillation: ms of a step of all candidates", (cards, peer, rows) -> {
            List<Stages.Stage> all = Stages.read(place.bundle().resolve("bkd_stages.json")).stages();
            for (int batch : STAGE_BATCHES) {
                for (Stages.Stage json : all) {
                    if (place.late()) {
                        return;
                    }
                    Stages.Stage stage = StageWork.scaled(json, batch, StageWork.CANDIDATES);
                    Race race = new Race(ROUNDS);
                    race.enter("ours bf16", () -> StageWork.ours("ours bf16", cards.open(Precision.BF16), stage, StageWork.CANDIDATES));
                    race.enter("ours bf16 serial", () -> StageWork.ours("ours bf16 serial", cards.open(Precision.BF16), stage, 1));
                    enter(race, peer, List.of("eager", "graph", "streams"), v -> StageWork.request(stage, v, "bf16"));
                    int count = stage.candidates().size();
                    rows.accept(race.run(json.name() + ", " + count + " candidates, batch " + batch, (long) batch * count));
                }
            }
        });
    }

    static void training(CardStep.Place place) throws IOException {
        run(place, "training", "training at " + ModelWork.PIXELS + " px: ms of a step", (cards, peer, rows) -> {
            models(place, "training", TRAINING_BATCHES, Precision.BF16, SHORT, cards, peer, rows);
            models(place, "training", FEW_BATCHES, Precision.TF32, SHORT, cards, peer, rows);
        });
    }

    /** Beside torch.compile, which takes its time before. */
    static void compiled(CardStep.Place place) throws IOException {
        run(place, "compiled", "training at " + ModelWork.PIXELS + " px: ms of a step",
                (cards, peer, rows) -> models(place, "training", FEW_BATCHES, Precision.BF16, List.of("compile"), cards, peer, rows));
    }

    static void latency(CardStep.Place place) throws IOException {
        run(place, "latency", "inference at " + ModelWork.PIXELS + " px: ms of a batch",
                (cards, peer, rows) -> models(place, "inference", LATENCY_BATCHES, Precision.BF16, SHORT, cards, peer, rows));
    }

    /** One race for each model and batch, both sides in the same precision. */
    private static void models(
            CardStep.Place place, String kind, int[] batches, Precision p, List<String> variants, Cards cards, Peer peer, Consumer<Race.Row> rows) {
        String ours = "ours " + p.word();
        for (int batch : batches) {
            for (String model : ModelWork.TIMM.keySet().stream().sorted(Comparator.reverseOrder()).toList()) {
                if (place.late()) {
                    return;
                }
                Race race = new Race(ROUNDS);
                race.enter(ours, () -> kind.equals("training")
                        ? ModelWork.trainingContender(ours, cards.open(p), model, batch, ModelWork.PIXELS)
                        : ModelWork.inferenceContender(ours, cards.open(p), model, batch, ModelWork.PIXELS));
                enter(race, peer, variants, v -> ModelWork.request(kind, model, batch, ModelWork.PIXELS, v, p.word()));
                rows.accept(race.run(model + ", batch " + batch + ", " + p.word(), batch));
            }
        }
    }

    private static void enter(Race race, Peer peer, List<String> variants, Function<String, Map<String, Object>> request) {
        if (peer != null) {
            for (String v : variants) {
                Map<String, Object> r = request.apply(v);
                String name = "PyTorch " + r.get("precision") + " " + v;
                race.enter(name, () -> peer.contender(name, r));
            }
        }
    }

    private static void run(CardStep.Place place, String section, String title, Races races) throws IOException {
        List<Race.Row> rows = new ArrayList<>();
        try (Cards cards = new Cards();
                Peer peer = place.python().isEmpty()
                        ? null
                        : new Peer(place.python(), place.bundle().resolve("gpu_peer.py"), place.logs().resolve("peer.log"))) {
            String version = peer == null ? "none" : peer.version();
            System.out.println(title + "; " + version);
            races.run(cards, peer, row -> {
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
