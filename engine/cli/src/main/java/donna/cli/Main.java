package donna.cli;

import donna.run.Search;
import donna.run.Stage;
import donna.tensor.DonnaException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** Entry point of the {@code donna} command. Exit codes: 0 done, 1 failed with one sentence on standard error, 2 wrong usage, 130 interrupted. */
@Command(
        name = "donna",
        description = "From a reference model to a Pareto front of faster ones: blockwise distillation, accuracy prediction, search.",
        versionProvider = Main.Version.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "VERB",
        commandListHeading = "%nVerbs:%n")
public final class Main {
    static final int FAILED = 1;
    static final int INTERRUPTED = 130;

    private final Console console;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Print the stack trace of a failure.")
    private boolean debug;

    private Main(Console console) {
        this.console = console;
    }

    @Option(
            names = {"-q", "--quiet"},
            scope = ScopeType.INHERIT,
            description = "Say nothing but results and errors.")
    private void quiet(boolean on) {
        console.quiet(on);
    }

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        System.exit(run(Console.ofProcess(), args));
    }

    /** Runs one command and returns its exit code. */
    static int run(Console console, String... args) {
        Main main = new Main(console);
        CommandLine line = new CommandLine(main);
        main.stage(line, "search", Stage.REPORT, "Search: teacher, block library, predictor, latency, front, models, report.");
        line.addSubcommand(new ResumeCommand(console));
        main.stage(line, "train", Stage.TEACHER, "Train the teacher.");
        main.stage(line, "distill", Stage.LIBRARY, "Train the candidates of every block on the teacher's features.");
        main.stage(line, "predict", Stage.PREDICTOR, "Label architectures and fit the accuracy predictor.");
        main.stage(line, "measure", Stage.LATENCY, "Measure the latency of every candidate, and whether it adds up.");
        main.stage(line, "evolve", Stage.FRONT, "Search the Pareto front.");
        main.stage(line, "finetune", Stage.MODELS, "Finetune, measure and export the picks.");
        line.addSubcommand(new ExploreCommand(console))
                .addSubcommand(new ExtendCommand(console))
                .addSubcommand(new CompressCommand(console))
                .addSubcommand(new EvaluateCommand(console))
                .addSubcommand(new ExportCommand(console))
                .addSubcommand(new ReportCommand(console))
                .addSubcommand(new DescribeCommand(console))
                .addSubcommand(new DevicesCommand(console))
                .addSubcommand(new DataCommand(console));
        line.setOut(console.writer())
                .setUsageHelpAutoWidth(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, _, _) -> main.failed(failure))
                .setParameterExceptionHandler((failure, _) -> main.misused(failure));
        try {
            return line.execute(args);
        } catch (OutOfMemoryError e) {
            return main.failed(e);
        }
    }

    /** A verb that runs the line up to {@code last}. */
    private void stage(CommandLine line, String verb, Stage last, String description) {
        CommandLine command = new CommandLine(new SearchCommand(console, last));
        String beginning = last == Stage.REPORT || last == Stage.TEACHER ? "" : " Does what is missing before it, too.";
        command.getCommandSpec().usageMessage().description(description + beginning);
        line.addSubcommand(verb, command);
    }

    private int failed(Throwable failure) {
        console.error(Failures.sentence(failure));
        if (debug) {
            console.stackTrace(failure);
        }
        return failure instanceof DonnaException.Cancelled ? INTERRUPTED : FAILED;
    }

    private int misused(ParameterException failure) {
        String verb = failure.getCommandLine().getCommandSpec().qualifiedName();
        console.error(failure.getMessage() + "; '" + verb + " --help' says what is allowed");
        return CommandLine.ExitCode.USAGE;
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"donna " + Main.class.getModule().getDescriptor().rawVersion().orElse("unknown")};
        }
    }
}
