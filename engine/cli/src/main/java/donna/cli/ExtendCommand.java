package donna.cli;

import donna.backend.Devices;
import donna.report.Extension;
import donna.report.ExtensionPage;
import donna.run.Extend;
import donna.run.ImageSource;
import donna.run.RunFolder;
import donna.spec.Json;
import donna.spec.SearchSpec;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code donna extend}: further candidates for a finished run. */
@Command(
        name = "extend",
        description = "Add candidates to a finished run: only they are distilled and timed; says how well the predictor ranks them, and searches again.",
        mixinStandardHelpOptions = true)
final class ExtendCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "RUN", description = "The folder of a finished run.")
    private Path run;

    @Option(
            names = "--add",
            paramLabel = "SPEC",
            required = true,
            description = "The candidates: a YAML or JSON file with a 'space' as in a spec, or its 'candidates' and 'blocks' alone.")
    private Path file;

    @Option(
            names = "--check",
            paramLabel = "N",
            defaultValue = "6",
            description = "Architectures of new candidates that are finetuned to check the predictor (default: ${DEFAULT-VALUE}).")
    private int checks = 6;

    @Option(names = "--json", description = "Print what came of it as JSON.")
    private boolean json;

    @Mixin
    private DeviceOptions deviceOptions;

    @Spec
    private CommandSpec command;

    ExtendCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (checks < 0 || checks > 10_000) {
            throw new ParameterException(command.commandLine(), "--check " + checks + " is outside 0 to 10000");
        }
        SearchSpec spec = ResumeCommand.spec(run);
        String again = "donna extend " + run + " --add " + file;
        try (Interruption interruption = new Interruption(console, "what is finished is kept; go on with: " + again);
                RunFolder folder = RunFolder.open(run);
                Devices devices = deviceOptions.openAll(console, spec)) {
            Extend extend = Extend.of(folder, file);
            ConsoleProgress progress = new ConsoleProgress(console, interruption::requested, System::nanoTime);
            progress.phase("data");
            Extension found =
                    extend.run(ImageSource.open(extend.spec(), console::note), devices, progress, checks, deviceOptions.threads(devices.first()));
            progress.finish();
            if (json) {
                console.print(Json.text(found).stripTrailing());
            } else {
                ExtensionPage.answer(found).forEach(console::print);
                console.print("report: " + run.resolve("extend.html") + " and " + run.resolve("report.html"));
            }
        }
        return 0;
    }
}
