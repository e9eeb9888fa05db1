package donna.cli;

import donna.fetch.DatasetFetcher;
import donna.spec.Json;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code donna data fetch|list}. */
@Command(name = "data", description = "Fetch data sets, or list them.", mixinStandardHelpOptions = true)
final class DataCommand implements Callable<Integer> {
    private final Console console;

    @Spec
    private CommandSpec command;

    DataCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        throw new ParameterException(command.commandLine(), "say 'fetch' or 'list'");
    }

    private DatasetFetcher fetcher(Optional<Path> cache) {
        return new DatasetFetcher(cache.orElseGet(DatasetFetcher::userCache), console::note);
    }

    @Command(description = "List the data sets that can be fetched, and where those are that were.", mixinStandardHelpOptions = true)
    int list(
            @Option(names = "--cache", paramLabel = "FOLDER", description = "Keeps data sets (default: the user's cache).") Optional<Path> cache,
            @Option(names = "--json", description = "Print JSON.") boolean json) {
        List<DatasetFetcher.Entry> entries = fetcher(cache).list();
        if (json) {
            console.print(Json.text(entries.stream().map(DataCommand::json).toList()).stripTrailing());
        } else {
            entries.forEach(e -> console.print("%-14s %-70s %s"
                    .formatted(e.dataset().name(), e.dataset().description(), e.folder().map(Path::toString).orElse("not fetched"))));
        }
        return 0;
    }

    private static Map<String, Object> json(DatasetFetcher.Entry e) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("name", e.dataset().name());
        out.put("description", e.dataset().description());
        e.folder().ifPresent(f -> out.put("folder", f.toString()));
        return out;
    }

    @Command(description = "Fetch a data set unless it is here, verify it, and print its folder.", mixinStandardHelpOptions = true)
    int fetch(
            @Parameters(paramLabel = "NAME", description = "A name that 'donna data list' prints.") String name,
            @Option(names = "--from", paramLabel = "SOURCE", description = "A folder, a tar file or a mirror's address to try first.")
                    Optional<String> from,
            @Option(names = "--cache", paramLabel = "FOLDER", description = "Keeps data sets (default: the user's cache).")
                    Optional<Path> cache) {
        console.print(fetcher(cache).fetch(name, from).toString());
        return 0;
    }
}
