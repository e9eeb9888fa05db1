package donna.bench;

import donna.cpu.kernel.Lanes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Where numbers come from. No host name, so that results of equal machines are comparable.
 *
 * @param processor as it names itself
 * @param cores that this process may use
 * @param vectorBits widest vectors: processors of one name have 512 or only 256
 * @param system operating system and architecture
 * @param java version of the virtual machine
 */
public record Machine(String processor, int cores, int vectorBits, String system, String java) {
    /** This one. */
    public static Machine here() {
        return new Machine(
                processorName(),
                Runtime.getRuntime().availableProcessors(),
                8 * Lanes.BYTES,
                System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                Runtime.version().toString());
    }

    /**
     * A file name: the processor without trademarks, but with the clock that some names have where the model would stand, the cores, and the vectors, such as
     * {@code amd-epyc-9b14-2-cores-512-bit}.
     */
    public String shortName() {
        String name = processor
                .toLowerCase(Locale.ROOT)
                .replaceAll("\\((r|tm|c)\\)|\\bcpu\\b|\\bprocessor\\b|\\b\\d+-core\\b", " ")
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^-|-$", "");
        return name + "-" + cores + "-cores-" + vectorBits + "-bit";
    }

    @Override
    public String toString() {
        return processor + ", " + cores + " cores, vectors of " + vectorBits + " bits, " + system + ", Java " + java;
    }

    private static String processorName() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .filter(l -> l.startsWith("model name"))
                    .findFirst()
                    .map(l -> l.substring(l.indexOf(':') + 1).strip())
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }
}
