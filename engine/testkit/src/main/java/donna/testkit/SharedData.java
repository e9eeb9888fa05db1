package donna.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Data sets and weights that lie beside the project and are no part of it: in {@code ../shared/data}, or where {@code DONNA_SHARED} points. */
public final class SharedData {
    private SharedData() {}

    /** The file {@code name} below {@code data}; empty where it is not there. */
    public static Optional<Path> find(String name) {
        return Stream.concat(
                        Stream.ofNullable(System.getenv("DONNA_SHARED")).map(Path::of),
                        Stream.iterate(Path.of("").toAbsolutePath(), p -> p != null, Path::getParent)
                                .map(p -> p.resolve("../shared")))
                .map(shared -> shared.resolve("data").resolve(name).normalize())
                .filter(Files::exists)
                .findFirst();
    }
}
