package donna.bench.gpu;

import donna.backend.Backends;
import donna.backend.Devices;
import donna.backend.Precision;
import donna.bench.Table;
import donna.jobs.Progress;
import donna.run.ImageSource;
import donna.run.RunFolder;
import donna.run.Search;
import donna.run.Stage;
import donna.spec.SearchSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The quickstart's search on the card, from the data to the front: how long does each phase take, and how busy are the card and the host? */
final class SearchRun {
    private SearchRun() {}

    private record Found(double seconds, Map<String, LoadWatch.Load> phases) {}

    static void run(CardStep.Place place) throws Exception {
        Path data = Path.of(System.getProperty("donna.bench.data", ""));
        if (!Files.isDirectory(data) || data.toString().isEmpty()) {
            System.out.println("quickstart: the bundle was prepared without --data");
            return;
        }
        // As plain IDX files: what can tell images by their names needs more of Java than the bundle holds.
        SearchSpec spec = SearchSpec.read(place.bundle().resolve("quickstart.yaml"), Map.of("dataset.name", "idx", "dataset.path", data.toString()));
        Path folder = Files.createTempDirectory("donna-run");
        Found found;
        try (RunFolder run = RunFolder.open(folder);
                Devices card = Backends.openAll("cuda:0", Precision.F32, line -> {});
                LoadWatch watch = new LoadWatch()) {
            long start = System.nanoTime();
            watch.phase("data");
            Progress progress = new Progress() {
                @Override
                public void phase(String name) {
                    watch.phase(name);
                    place.put("quickstart", new Found((System.nanoTime() - start) / 1e9, watch.loads()));
                    watch.phase(name);
                }

                @Override
                public void update(long done, long total, String unit) {}

                @Override
                public void line(String text) {
                    System.out.println(text);
                }
            };
            Search.run(spec, ImageSource.open(spec, line -> {}), run, card, progress, new Search.Options(card.first().concurrency(), false, Stage.FRONT));
            found = new Found((System.nanoTime() - start) / 1e9, watch.loads());
        }
        place.put("quickstart", found);
        Table table = new Table("quickstart up to the front", "seconds", "card busy %", "W", "host threads");
        found.phases.forEach((name, l) -> table.row(name, Table.number(l.seconds()), Table.number(l.busyPercent()), Table.number(l.watts()),
                Table.number(l.hostThreads())));
        table.row("all", Table.number(found.seconds), "", "", "");
        System.out.println(table);
    }
}
