package donna.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where a run took place, in words. */
final class Machine {
    private Machine() {}

    /** Processor, cores, operating system, Java. */
    static String describe() {
        return processor() + ", " + Runtime.getRuntime().availableProcessors() + " cores, " + System.getProperty("os.name") + " "
                + System.getProperty("os.arch") + ", Java " + Runtime.version();
    }

    private static String processor() {
        return field(Path.of("/proc/cpuinfo"), "model name", System.getProperty("os.arch"));
    }

    /** Highest resident memory of this process; what the Java heap has reserved where the system does not tell. */
    static long peakMemoryBytes() {
        String peak = field(Path.of("/proc/self/status"), "VmHWM", "");
        return peak.isEmpty()
                ? Runtime.getRuntime().totalMemory()
                : Long.parseLong(peak.replace("kB", "").strip()) * 1024;
    }

    private static String field(Path file, String name, String otherwise) {
        try {
            List<String> lines = Files.readAllLines(file);
            return lines.stream()
                    .filter(l -> l.startsWith(name))
                    .findFirst()
                    .map(l -> l.substring(l.indexOf(':') + 1).strip())
                    .orElse(otherwise);
        } catch (IOException e) {
            return otherwise;
        }
    }
}
