package donna.house;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Rules about code: which room may use which, and what only one room may do. */
class HouseRulesTest {
    /** For each module, the modules it may use. */
    private static final Map<String, Set<String>> ARROWS = Map.ofEntries(
            entry("native", Set.of()),
            entry("engine/core", Set.of()),
            entry("kernels", Set.of()),
            entry("engine/testkit", Set.of("engine/core", "native")),
            entry("engine/cpu", Set.of("engine/core", "native")),
            entry("engine/cuda", Set.of("engine/core", "native", "kernels")),
            entry("engine/jcuda", Set.of("native")),
            entry("engine/search", Set.of("engine/core")),
            entry("engine/cli", Set.of("engine/core", "engine/search")),
            entry("benchmarks", Set.of("native", "kernels", "engine/core", "engine/cpu", "engine/cuda", "engine/search", "engine/testkit")),
            entry("examples", Set.of("engine/core", "engine/search")));

    /** Packages of a module in their order: each uses only those before it. */
    private static final Map<String, List<String>> ORDER = Map.of(
            "engine/core",
            List.of(
                    "donna.tensor",
                    "donna.graph",
                    "donna.backend",
                    "donna.backend.plan",
                    "donna.backend.reference",
                    "donna.nn",
                    "donna.data",
                    "donna.train",
                    "donna.format",
                    "donna.model"),
            "engine/search",
            List.of(
                    "donna.export",
                    "donna.onnx",
                    "donna.spec",
                    "donna.jobs",
                    "donna.image",
                    "donna.fetch",
                    "donna.space",
                    "donna.distill",
                    "donna.finetune",
                    "donna.predict",
                    "donna.cost",
                    "donna.evolve",
                    "donna.report",
                    "donna.run"));

    /** Methods that the JDK calls restricted, and the loading of libraries. */
    private static final Set<String> RESTRICTED = Set.of(
            "java.lang.foreign.Linker.downcallHandle",
            "java.lang.foreign.Linker.upcallStub",
            "java.lang.foreign.SymbolLookup.libraryLookup",
            "java.lang.foreign.MemorySegment.reinterpret",
            "java.lang.foreign.AddressLayout.withTargetLayout",
            "java.lang.ModuleLayer$Controller.enableNativeAccess",
            "java.lang.System.load",
            "java.lang.System.loadLibrary",
            "java.lang.Runtime.load",
            "java.lang.Runtime.loadLibrary");

    /** The module of each class, by the class's name. */
    private static final Map<String, String> MODULE_OF = new HashMap<>();

    private static JavaClasses all;

    @BeforeAll
    static void readClasses() {
        all = new ClassFileImporter()
                .importPaths(Checkout.modules().stream().map(HouseRulesTest::classes).filter(Files::isDirectory).toList());
        for (JavaClass c : all) {
            String file = c.getSource().orElseThrow().getUri().getPath();
            Checkout.modules().stream()
                    .filter(m -> file.startsWith(classes(m).toUri().getPath()))
                    .forEach(m -> MODULE_OF.put(c.getName(), m));
        }
        for (String module : Checkout.modules()) {
            boolean hasCode = Files.isDirectory(Checkout.ROOT.resolve(module).resolve("src/main/java"));
            assertEquals(hasCode, MODULE_OF.containsValue(module), module + " is not compiled; run 'mvn verify' on the whole project");
        }
    }

    private static Path classes(String module) {
        return Checkout.ROOT.resolve(module).resolve("target/classes");
    }

    private static String moduleOf(JavaClass c) {
        return MODULE_OF.getOrDefault(c.getBaseComponentType().getName(), "");
    }

    private static Stream<JavaClass> classesOf(String module) {
        return all.stream().filter(c -> moduleOf(c).equals(module));
    }

    private static Stream<Dependency> dependencies(String module) {
        return classesOf(module)
                .flatMap(c -> c.getDirectDependenciesFromSelf().stream())
                .filter(d -> d.getTargetClass().getBaseComponentType().getPackageName().startsWith("donna"));
    }

    @Test
    void everyModuleHasItsArrows() {
        assertEquals(ARROWS.keySet(), Set.copyOf(Checkout.modules()));
    }

    @Test
    void modulesUseOnlyWhatTheirArrowsAllow() {
        Set<String> wrong = new TreeSet<>();
        ARROWS.forEach((module, allowed) -> dependencies(module).forEach(d -> {
            String target = moduleOf(d.getTargetClass());
            if (!target.equals(module) && !allowed.contains(target)) {
                wrong.add(module + " uses " + target + ": " + d.getDescription());
            }
        }));
        assertEquals("", String.join("\n", wrong));
    }

    @Test
    void packagesUseOnlyThoseBeforeThem() {
        Set<String> wrong = new TreeSet<>();
        ORDER.forEach((module, order) -> {
            classesOf(module).forEach(c -> {
                if (!order.contains(c.getPackageName())) {
                    wrong.add(c.getPackageName() + " of " + module + " has no place in the order");
                }
            });
            dependencies(module)
                    .filter(d -> order.indexOf(packageOf(d.getTargetClass())) > order.indexOf(packageOf(d.getOriginClass())))
                    .forEach(d -> wrong.add(d.getDescription()));
        });
        assertEquals("", String.join("\n", wrong));
    }

    private static String packageOf(JavaClass c) {
        return c.getBaseComponentType().getPackageName();
    }

    @Test
    void onlyTheCommandLineTalksToTheTerminalOrEndsTheProcess() {
        Set<String> streams = Set.of("out", "err", "in");
        noClasses()
                .that(resideInAPackage("donna..").and(describe("are part of the engine", HouseRulesTest::isEngine)))
                .should()
                .accessFieldWhere(describe("a standard stream", a -> a.getTarget().getOwner().isEquivalentTo(System.class)
                        && streams.contains(a.getTarget().getName())))
                .orShould()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Throwable.class, "printStackTrace")
                .check(all);
    }

    private static boolean isEngine(JavaClass c) {
        return !Set.of("engine/cli", "benchmarks", "examples").contains(moduleOf(c));
    }

    @Test
    void onlyTheNativeRoomMakesRestrictedCalls() {
        noClasses()
                .that()
                .resideOutsideOfPackage("donna.ffi..")
                .should()
                .callCodeUnitWhere(describe("restricted", HouseRulesTest::isRestricted))
                .check(all);
    }

    private static boolean isRestricted(JavaAccess<? extends AccessTarget> access) {
        return RESTRICTED.contains(access.getTargetOwner().getName() + "." + access.getTarget().getName());
    }

    @Test
    void onlySpecsReadAndWriteJson() {
        noClasses().that().resideOutsideOfPackage("donna.spec..").should().dependOnClassesThat().resideInAPackage("tools.jackson..").check(all);
    }

    @Test
    void theSearchHasNoLockAndNoBlockingQueue() {
        DescribedPredicate<JavaClass> search =
                resideInAPackage("donna.evolve").and(describe("are part of the engine", HouseRulesTest::isEngine));
        noClasses()
                .that(search)
                .should()
                .dependOnClassesThat(describe("block", c -> c.isAssignableTo("java.util.concurrent.locks.Lock")
                        || c.isAssignableTo("java.util.concurrent.BlockingQueue")
                        || c.isAssignableTo("java.util.concurrent.locks.AbstractOwnableSynchronizer")
                        || c.isAssignableTo("java.util.concurrent.Executor")))
                .orShould()
                .callMethod(Object.class, "wait")
                .orShould()
                .callMethod(Object.class, "notifyAll")
                .check(all);
        noMethods()
                .that()
                .areDeclaredInClassesThat(search)
                .should()
                .haveModifier(JavaModifier.SYNCHRONIZED)
                .check(all);
    }

    @Test
    void noClassUsesCheckedExceptionsOfItsOwn() {
        Set<String> checked = new TreeSet<>();
        all.stream()
                .filter(c -> c.isAssignableTo(Exception.class) && !c.isAssignableTo(RuntimeException.class))
                .forEach(c -> checked.add(c.getName()));
        assertEquals(Set.of(), checked);
    }
}
