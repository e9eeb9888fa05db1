package donna.bench.gpu;

import donna.backend.Precision;
import donna.bench.step.Stages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** In bf16, how long does a step of all candidates take by the number of branches that run side by side? */
final class BranchTimes {
    private static final String PROPERTY = "donna.cuda.branches";
    private static final int ROUNDS = 3;
    private static final double ROUND_MS = 250;
    private static final int[] BATCHES = {64, 256};
    private static final int[] BRANCHES = {1, 2, 4, 8, 16};

    private BranchTimes() {}

    static void run(CardStep.Place place) throws IOException {
        List<Race.Row> rows = new ArrayList<>();
        try (Cards cards = new Cards()) {
            for (Stages.Stage json : Stages.read(place.bundle().resolve("bkd_stages.json")).stages()) {
                for (int batch : BATCHES) {
                    if (place.late()) {
                        return;
                    }
                    Stages.Stage stage = StageWork.scaled(json, batch, StageWork.CANDIDATES);
                    Race race = new Race(ROUNDS, ROUND_MS);
                    for (int branches : BRANCHES) {
                        race.enter(branches + " branches", () -> contender(cards, stage, branches));
                    }
                    rows.add(race.run(json.name() + ", " + StageWork.CANDIDATES + " candidates, batch " + batch, (long) batch * StageWork.CANDIDATES));
                    place.put("branches", rows);
                    System.out.println(PeerRaces.table(rows.getLast()));
                }
            }
        }
    }

    private static Contender contender(Cards cards, Stages.Stage stage, int branches) {
        System.setProperty(PROPERTY, Integer.toString(branches));
        try {
            return StageWork.ours(branches + " branches", cards.open(Precision.BF16), stage, StageWork.CANDIDATES);
        } finally {
            System.clearProperty(PROPERTY);
        }
    }
}
