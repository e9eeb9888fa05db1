package donna.bench.gpu;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Precision;
import donna.bench.Table;
import donna.bench.step.Stages;

/** In bf16, how busy are the card and the host while a stage's candidates train together? */
final class Busy {
    private static final double SECONDS = 4;
    private static final int BATCH = 128;

    private Busy() {}

    static void run(CardStep.Place place) throws InterruptedException {
        Stages.Stage json = Stages.read(place.bundle().resolve("bkd_stages.json")).stages().getFirst();
        Stages.Stage stage = StageWork.scaled(json, BATCH, StageWork.CANDIDATES);
        try (Device device = Backends.open("cuda", Precision.BF16, line -> {});
                LoadWatch watch = new LoadWatch();
                Contender work = StageWork.ours("ours", device, stage, StageWork.CANDIDATES)) {
            work.round(3);
            int steps = (int) Math.ceil(SECONDS * 1e3 / work.round(3));
            watch.phase("distillation");
            work.round(steps);
            LoadWatch.Load load = watch.loads().get("distillation");
            place.put("busy", load);
            Table table = new Table(stage.name() + ", " + stage.candidates().size() + " candidates, batch " + BATCH, "");
            table.row("card busy, % (NVML)", Table.number(load.busyPercent()));
            table.row("power, W", Table.number(load.watts()));
            table.row("host threads", Table.number(load.hostThreads()));
            System.out.println(table);
        }
    }
}
