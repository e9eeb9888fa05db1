package donna.evolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.run.ChildClassPath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jcstress.Main;

/** Runs the stress tests of the archive and of claiming, in a process of their own and for a short time. */
class StressIT {
    @Test
    void nothingForbiddenHappens(@TempDir Path folder) throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(List.of(
                        java, "-cp", ChildClassPath.text(), Main.class.getName(),
                        "-t", "donna.evolve.*", "-tb", "20s", "-r", folder.toString()))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        for (Class<?> test : List.of(
                ArchiveStress.TradeOff.class,
                ArchiveStress.Better.class,
                ArchiveStress.Reading.class,
                ClaimStress.Once.class,
                ClaimStress.Published.class,
                ClaimStress.Late.class)) {
            String name = test.getName().replace('$', '.');
            assertTrue(output.contains(name) || output.contains(test.getSimpleName()), name + " did not run:\n" + output);
        }
    }
}
