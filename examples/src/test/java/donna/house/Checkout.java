package donna.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of this project, found from the folder that tests run in. */
final class Checkout {
    private static final Set<String> GENERATED = Set.of("target", ".git", "runs", ".idea", ".vscode", "__pycache__");
    private static final Pattern TEXT = Pattern.compile(".*\\.(java|xml|yaml|yml|md|js|css|py|json|cu|cpp|h|txt|sh)|[^.]+|\\.gitignore");

    static final Path ROOT = root();

    private Checkout() {}

    private static Path root() {
        Path p = Path.of("").toAbsolutePath();
        while (!Files.exists(p.resolve("LICENSE"))) {
            p = p.getParent();
        }
        return p;
    }

    /** Modules in the order of the root pom. */
    static List<String> modules() {
        return Pattern.compile("<module>([^<]+)</module>")
                .matcher(read(ROOT.resolve("pom.xml")))
                .results()
                .map(m -> m.group(1))
                .toList();
    }

    /** Every text file that is not generated. */
    static List<Path> texts() {
        return walk(ROOT).stream().filter(p -> TEXT.matcher(p.getFileName().toString()).matches()).toList();
    }

    private static List<Path> walk(Path folder) {
        try (Stream<Path> inside = Files.list(folder)) {
            return inside.sorted()
                    .filter(p -> !GENERATED.contains(p.getFileName().toString()))
                    .flatMap(p -> Files.isDirectory(p) ? walk(p).stream() : Stream.of(p))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be read as UTF-8", e);
        }
    }
}
