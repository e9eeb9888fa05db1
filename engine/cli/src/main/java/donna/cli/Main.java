package donna.cli;

import donna.tensor.DonnaException;
import java.util.List;
import java.util.concurrent.Callable;
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
        for (Callable<Integer> verb : verbs(console)) {
            line.addSubcommand(verb);
        }
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

    private static List<Callable<Integer>> verbs(Console console) {
        return List.of(
                new ReportCommand(console), new DescribeCommand(console), new DevicesCommand(console), new DataCommand(console));
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
