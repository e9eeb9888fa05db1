package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import donna.run.ChildClassPath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jcstress.Main;

/** Runs the stress tests of the archive and of claiming work, for a short time in a process of their own. */
class StressIT {
    private static final int TESTS = 6;

    @Test
    void nothingForbiddenHappens(@TempDir Path folder) throws IOException, InterruptedException {
        assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "two threads need two processors to meet");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        // One JVM configuration and no pinning of threads: seconds instead of minutes.
        Process process = new ProcessBuilder(List.of(
                        java, "-cp", ChildClassPath.text(), Main.class.getName(), "-t", "donna.evolve.*",
                        "-iters", "5", "-time", "200", "-sc", "false", "-af", "NONE",
                        "-jvmArgs", "-XX:+UseSerialGC", "-r", folder.toString()))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        for (String line : List.of(
                "Failed tests: No matches.",
                "Error tests: No matches.",
                "All remaining tests: " + TESTS + " matching test results.")) {
            assertTrue(output.contains(line), "expected '" + line + "' in\n" + output);
        }
    }
}
