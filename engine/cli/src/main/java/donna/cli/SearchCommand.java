package donna.cli;

import donna.run.Stage;
import donna.spec.SearchSpec;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code donna search}, and the verbs that run its beginning: each finishes what is missing up to its stage. */
@Command(mixinStandardHelpOptions = true)
final class SearchCommand implements Callable<Integer> {
    private final Console console;
    private final Stage last;

    @Parameters(paramLabel = "SPEC", description = "What to search: a YAML or JSON file; for measure an ONNX model, too.")
    private Path file;

    @Option(names = "--run", paramLabel = "FOLDER", description = "Keeps everything this run makes (default: runs/NAME of the spec).")
    private Optional<Path> run = Optional.empty();

    @Option(names = "--fresh", description = "Forget what the run folder holds and start anew.")
    private boolean fresh;

    @Option(names = "--compare", description = "Also train baselines at about equal latency for the report; takes longer than the search.")
    private boolean compare;

    @Option(names = "--json", description = "Print the summary as JSON.")
    private boolean json;

    @Mixin
    private SpecOptions specOptions;

    @Mixin
    private DeviceOptions deviceOptions;

    SearchCommand(Console console, Stage last) {
        this.console = console;
        this.last = last;
    }

    @Override
    public Integer call() {
        if (last == Stage.LATENCY && OnnxModels.isNamed(file)) {
            OnnxModels.measure(console, deviceOptions, file, json);
            return 0;
        }
        SearchSpec spec = specOptions.read(file);
        Path folder = run.orElseGet(() -> Path.of("runs", file.getFileName().toString().replaceFirst("\\.[^.]+$", "")));
        String resume = "donna resume " + folder + (compare ? " --compare" : "");
        new Line(console, deviceOptions, json).run(spec, folder, fresh, compare, last, resume);
        return 0;
    }
}
