package donna.cli;

import donna.run.Stage;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code donna resume}: the search of a run folder, from wherever it stopped. */
@Command(name = "resume", description = "Go on with a search that was stopped; nothing finished is done again.", mixinStandardHelpOptions = true)
final class ResumeCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "RUN", description = "A run folder.")
    private Path run;

    @Option(names = "--compare", description = "Also train baselines at about equal latency for the report.")
    private boolean compare;

    @Option(names = "--json", description = "Print the summary as JSON.")
    private boolean json;

    @Mixin
    private DeviceOptions deviceOptions;

    ResumeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        SearchSpec spec = spec(run);
        String resume = "donna resume " + run + (compare ? " --compare" : "");
        new Line(console, deviceOptions, json).run(spec, run, false, compare, Stage.REPORT, resume);
        return 0;
    }

    /** The spec that a run was started with. */
    static SearchSpec spec(Path run) {
        Path file = run.resolve(Line.SPEC);
        if (!Files.exists(file)) {
            throw new DonnaException.InvalidInput(
                    run + " is no run folder: it has no " + Line.SPEC + "; start one with 'donna search SPEC --run " + run + "'");
        }
        return SearchSpec.read(file);
    }
}
