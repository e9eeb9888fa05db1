package donna.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rules about files: what may lie where, and how long it may be. */
class HouseFilesTest {
    private static final int LONGEST = 500;
    private static final int MEDIAN = 150;

    private static final Set<String> TOP =
            Set.of("pom.xml", "README.md", "LICENSE", "engine", "kernels", "native", "benchmarks", "examples");

    /** What a build or a run leaves at the top; none of it is under version control. */
    private static final Set<String> LEFT_BEHIND = Set.of("target", "runs");

    @Test
    void theTopHoldsWhatTheHouseHasRoomsFor() throws IOException {
        try (Stream<Path> top = Files.list(Checkout.ROOT)) {
            Set<String> unknown = top.map(p -> p.getFileName().toString())
                    .filter(n -> !n.startsWith(".") && !TOP.contains(n) && !LEFT_BEHIND.contains(n))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertEquals(Set.of(), unknown);
        }
        for (String needed : List.of("pom.xml", "README.md", "LICENSE", ".gitignore")) {
            assertTrue(Files.exists(Checkout.ROOT.resolve(needed)), needed + " is missing");
        }
    }

    @Test
    void noFileIsOver500Lines() {
        Map<Path, Long> tooLong = new TreeMap<>();
        for (Path p : Checkout.texts()) {
            long lines = Checkout.read(p).lines().count();
            if (lines > LONGEST) {
                tooLong.put(Checkout.ROOT.relativize(p), lines);
            }
        }
        assertEquals(Map.of(), tooLong);
    }

    @Test
    void theMedianJavaFileIsAtMost150Lines() {
        long[] lines = Checkout.texts().stream()
                .filter(p -> p.toString().endsWith(".java"))
                .mapToLong(p -> Checkout.read(p).lines().count())
                .sorted()
                .toArray();
        assertTrue(lines[lines.length / 2] <= MEDIAN, "median " + lines[lines.length / 2]);
    }

    @Test
    void noFileNamesAPlaceOnSomeonesMachine() {
        Pattern place = Pattern.compile("(?<![\\w.$}-])/(work|root|home/\\w+|Users/\\w+|mnt/\\w+)/|[A-Z]:\\\\Users\\\\");
        List<String> found = new ArrayList<>();
        for (Path p : Checkout.texts()) {
            place.matcher(Checkout.read(p)).results().forEach(m -> found.add(Checkout.ROOT.relativize(p) + ": " + m.group()));
        }
        assertEquals(List.of(), found.stream().filter(f -> !f.startsWith("examples/src/test/java/donna/house/")).toList());
    }

    @Test
    void everyModuleProvidesTheSameServicesOnModulePathAndClassPath() throws IOException {
        for (String module : Checkout.modules()) {
            Path classes = Checkout.ROOT.resolve(module).resolve("target/classes");
            if (!Files.exists(classes.resolve("module-info.class"))) {
                continue;
            }
            ModuleDescriptor d = ModuleFinder.of(classes).findAll().iterator().next().descriptor();
            Map<String, Set<String>> provides = new TreeMap<>();
            d.provides().forEach(p -> provides.put(p.service(), new TreeSet<>(p.providers())));
            Map<String, Set<String>> services = new TreeMap<>();
            Path folder = classes.resolve("META-INF/services");
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.list(folder)) {
                    files.forEach(f -> services.put(
                            f.getFileName().toString(),
                            Checkout.read(f).lines().map(String::strip).filter(l -> !l.isEmpty() && !l.startsWith("#"))
                                    .collect(Collectors.toCollection(TreeSet::new))));
                }
            }
            assertEquals(provides, services, d.name() + ": provides in module-info, and META-INF/services");
        }
    }

    @Test
    void everyRoomOfTheEngineIsAModule() {
        for (String module : Checkout.modules()) {
            if (module.startsWith("engine/") || module.equals("native")) {
                assertTrue(
                        Files.exists(Checkout.ROOT.resolve(module).resolve("src/main/java/module-info.java")),
                        module + " has no module-info.java");
            }
        }
    }

    @Test
    void everyPublicTypeSaysWhatItIs() {
        Pattern type = Pattern.compile("(?m)^public ([a-z-]+ )*(class|interface|record|enum) \\w+");
        List<String> silent = new ArrayList<>();
        for (Path p : Checkout.texts()) {
            String path = Checkout.ROOT.relativize(p).toString();
            if (path.endsWith(".java") && path.contains("src/main/java")) {
                String text = Checkout.read(p);
                type.matcher(text).results().filter(m -> !text.substring(0, m.start()).contains("*/")).forEach(m -> silent.add(path));
            }
        }
        assertEquals(List.of(), silent);
    }
}
