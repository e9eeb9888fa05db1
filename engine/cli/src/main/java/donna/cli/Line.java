package donna.cli;

import donna.backend.Devices;
import donna.report.Summary;
import donna.run.ImageSource;
import donna.run.RunFolder;
import donna.run.Search;
import donna.run.Stage;
import donna.spec.Json;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Runs the line of {@link Search}, or its beginning, in a run folder: what all verbs that compute have in common. */
final class Line {
    /** A run folder has it from the first moment on. */
    static final String SPEC = "spec.resolved.json";

    private final Console console;
    private final DeviceOptions deviceOptions;
    private final boolean json;

    Line(Console console, DeviceOptions deviceOptions, boolean json) {
        this.console = console;
        this.deviceOptions = deviceOptions;
        this.json = json;
    }

    /**
     * Runs up to {@code last} and prints what came out.
     *
     * @param fresh forgets what the run folder holds
     * @param resume what the user types to go on after an interruption
     * @return the summary, if {@code last} is the line's end
     */
    Optional<Summary> run(SearchSpec given, Path run, boolean fresh, boolean compare, Stage last, String resume) {
        SearchSpec spec = deviceOptions.in(given);
        if (fresh) {
            checkIsRun(run);
        }
        try (Interruption interruption = new Interruption(console, "what is finished is kept; go on with: " + resume);
                RunFolder folder = RunFolder.open(run);
                Devices devices = deviceOptions.openAll(console, spec)) {
            if (fresh) {
                folder.clear();
            }
            ConsoleProgress progress = new ConsoleProgress(console, interruption::requested, System::nanoTime);
            progress.phase("data");
            Optional<Summary> summary = Search.run(
                    spec,
                    ImageSource.open(spec, console::note),
                    folder,
                    devices,
                    progress,
                    new Search.Options(deviceOptions.threads(devices.first()), compare, last));
            progress.finish();
            if (json) {
                summary.ifPresent(s -> console.print(Json.text(s).stripTrailing()));
            } else {
                summary.ifPresentOrElse(s -> show(s, run), () -> console.print(run.toString()));
            }
            return summary;
        }
    }

    /** {@code --fresh} deletes: only what is a run folder, or nothing yet. */
    private static void checkIsRun(Path run) {
        if (!Files.isDirectory(run) || Files.exists(run.resolve(SPEC))) {
            return;
        }
        try (Stream<Path> inside = Files.list(run)) {
            if (inside.findAny().isPresent()) {
                throw new DonnaException.InvalidInput(run + " is no run folder: it holds other files and no " + SPEC
                        + "; --fresh does not delete it, name another folder with --run");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(run + " cannot be read: " + e.getMessage(), e);
        }
    }

    private void show(Summary s, Path run) {
        String row = "%-32s %9s %12s %9s %12s %11s";
        console.print(row.formatted("model", "top-1", "latency", "speed", "MACs", "parameters"));
        Summary.Teacher t = s.teacher();
        console.print(row.formatted("teacher", percent(t.top1()), ms(t.latencyMs()), "1.00x", "%,d".formatted(t.macs()), "%,d".formatted(t.params())));
        for (Summary.Model m : s.models()) {
            console.print(row.formatted(
                    m.name(), percent(m.top1()), ms(m.latencyMs()), "%.2fx".formatted(t.latencyMs() / m.latencyMs()),
                    "%,d".formatted(m.macs()), "%,d".formatted(m.params())));
        }
        for (Summary.Baseline b : s.baselines()) {
            console.print(row.formatted(
                    b.kind(), percent(b.top1()), ms(b.latencyMs()), "%.2fx".formatted(t.latencyMs() / b.latencyMs()),
                    "%,d".formatted(b.macs()), "%,d".formatted(b.params())));
        }
        console.print("predictor: Kendall's tau %.2f leave-one-out over %d architectures (plain sum of NSRs %.2f)"
                .formatted(s.predictor().leaveOneOutTau(), s.predictor().n(), s.predictor().baselines().get("plain sum of NSRs")));
        console.print("report: " + run.resolve("report.html"));
        s.models().forEach(m -> console.print("model:  " + run.resolve(m.folder()).resolve("model.onnx")));
    }

    private static String percent(double share) {
        return "%.2f %%".formatted(100 * share);
    }

    private static String ms(double ms) {
        return "%.3f ms".formatted(ms);
    }
}
