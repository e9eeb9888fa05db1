package donna.cli;

import donna.format.AtomicFile;
import donna.report.ReportWriter;
import donna.report.Summary;
import donna.spec.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code donna report}: writes the report of a finished run again, or prints its numbers. */
@Command(name = "report", description = "Write a finished run's report.html and pareto.csv again from its numbers.", mixinStandardHelpOptions = true)
final class ReportCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "RUN", description = "A run folder.")
    private Path run;

    @Option(names = "--json", description = "Print the numbers instead.")
    private boolean json;

    ReportCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Summary summary = Json.read(run.resolve("summary.json"), Summary.class);
        if (json) {
            console.print(Json.text(summary).stripTrailing());
            return 0;
        }
        Path page = run.resolve("report.html");
        write(page, ReportWriter.html(summary));
        write(run.resolve("pareto.csv"), ReportWriter.csv(summary));
        console.print(page.toString());
        return 0;
    }

    private static void write(Path file, String text) {
        AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }
}
