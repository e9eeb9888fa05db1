package donna.cli;

import donna.report.Exploration;
import donna.report.ExplorationWords;
import donna.run.Explore;
import donna.run.RunFolder;
import donna.spec.EvolutionSpec.Objective;
import donna.spec.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code donna explore}: which choices of a finished run's space matter on its device. */
@Command(
        name = "explore",
        description = "Compare the exact front of a finished run's space with those of parts of it: which choices matter on this device?",
        mixinStandardHelpOptions = true)
final class ExploreCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "RUN", description = "The folder of a finished run.")
    private Path run;

    @Option(
            names = "--subspace",
            paramLabel = "CONDITIONS",
            description = "A part to compare, such as 'kernel=3,5 se=false' or 'type!=fused'; repeatable (default: every axis, value by value).")
    private List<String> parts = List.of();

    @Option(
            names = "--cost",
            paramLabel = "COST",
            description = "latency, macs or params, against which accuracy is traded (default: the run's own).")
    private Optional<Objective> cost = Optional.empty();

    @Option(names = "--json", description = "Print the comparison as JSON.")
    private boolean json;

    ExploreCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        ResumeCommand.spec(run);
        try (Interruption interruption = new Interruption(console, "nothing was written; start again");
                RunFolder folder = RunFolder.open(run)) {
            ConsoleProgress progress = new ConsoleProgress(console, interruption::requested, System::nanoTime);
            Exploration found = Explore.run(folder, parts, cost, progress);
            progress.finish();
            if (json) {
                console.print(Json.text(found).stripTrailing());
            } else {
                ExplorationWords.answer(found).forEach(console::print);
                console.print("report: " + run.resolve("explore.html"));
            }
        }
        return 0;
    }
}
