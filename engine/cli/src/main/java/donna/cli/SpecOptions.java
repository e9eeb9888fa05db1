package donna.cli;

import donna.spec.SearchSpec;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What changes a spec from the command line. */
final class SpecOptions {
    @Option(
            names = "--set",
            paramLabel = "PATH=VALUE",
            description = "Override an entry of the spec, such as predictor.train.epochs=2; repeatable.")
    private final Map<String, String> overrides = new LinkedHashMap<>();

    @Option(names = "--seed", paramLabel = "N", description = "Override the spec's seed.")
    private Optional<Long> seed = Optional.empty();

    /** The spec of a file, checked, with the overrides applied. */
    SearchSpec read(Path file) {
        return SearchSpec.read(file, overrides());
    }

    /** Values by path. */
    Map<String, String> overrides() {
        Map<String, String> all = new LinkedHashMap<>(overrides);
        seed.ifPresent(n -> all.put("seed", Long.toString(n)));
        return all;
    }
}
