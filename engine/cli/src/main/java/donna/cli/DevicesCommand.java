package donna.cli;

import donna.backend.BackendProvider;
import donna.backend.Backends;
import donna.backend.Precision;
import donna.fetch.CudaLibraries;
import donna.spec.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code donna devices}. */
@Command(name = "devices", description = "List what can compute here, and why the rest cannot.", mixinStandardHelpOptions = true)
final class DevicesCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(
            names = "--install-libs",
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "FOLDER",
            description = "First bring NVIDIA's libraries for a machine that has only the driver, with Maven (2.4 GB) or from a folder that holds the jars.")
    private Optional<Path> libraries = Optional.empty();

    DevicesCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        libraries.ifPresent(from -> console.note("CUDA's libraries are in "
                + new CudaLibraries(CudaLibraries.userHome(), console::note).install(Optional.of(from).filter(f -> !f.toString().isEmpty()))));
        List<Map<String, Object>> rows = new ArrayList<>();
        for (BackendProvider p : Backends.all()) {
            BackendProvider.Availability a = p.probe();
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("name", p.name());
            row.put("usable", a.usable());
            row.put("detail", a.detail());
            List<String> precisions = a.usable() ? p.precisions().stream().map(Precision::word).toList() : List.of();
            row.put("precisions", precisions);
            rows.add(row);
            if (!json) {
                String computes = a.usable() ? "; computes in " + String.join(", ", precisions) : "";
                console.print("%-10s %-4s %s".formatted(p.name(), a.usable() ? "yes" : "no", a.detail() + computes));
            }
        }
        if (json) {
            console.print(Json.text(rows).stripTrailing());
        }
        return 0;
    }
}
