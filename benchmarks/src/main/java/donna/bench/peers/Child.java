package donna.bench.peers;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A process that is waited for, and ended if this one is. Its output goes to a file. */
final class Child {
    private static final int SHOWN_LINES = 15;

    /**
     * Has the C library keep freed memory rather than give it back to the system after every tensor: where the system is a guest, pages that come back are
     * slow, and PyTorch, which frees and allocates all the time, then took two to four times as long in some runs.
     */
    private static final Map<String, String> KEEPING =
            Map.of("MALLOC_MMAP_THRESHOLD_", "8589934592", "MALLOC_TRIM_THRESHOLD_", "17179869184", "MALLOC_TOP_PAD_", "67108864");

    private Child() {}

    /**
     * What a process did.
     *
     * @param seconds from start to end
     * @param output both of its streams
     */
    record Ended(double seconds, String output) {}

    /**
     * Runs a command to its end.
     *
     * @throws IllegalStateException if it fails; the message holds the end of its output
     */
    static Ended run(Path output, List<String> command) throws IOException, InterruptedException {
        Files.createDirectories(output.toAbsolutePath().getParent());
        long start = System.nanoTime();
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(KEEPING);
        Process process = builder.start();
        Thread end = new Thread(process::destroy);
        Runtime.getRuntime().addShutdownHook(end);
        int code = process.waitFor();
        Runtime.getRuntime().removeShutdownHook(end);
        double seconds = (System.nanoTime() - start) / 1e9;
        String text = Files.readString(output, StandardCharsets.UTF_8);
        if (code != 0) {
            List<String> lines = text.lines().toList();
            throw new IllegalStateException(command.getFirst() + " ended with code " + code + ":\n"
                    + String.join("\n", lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size()))
                    + "\nall of it is in " + output);
        }
        return new Ended(seconds, text);
    }

    /** The version of PyTorch that a Python has. */
    static String pytorchVersion(Path logs, String python) throws IOException, InterruptedException {
        return run(logs.resolve("version.log"), List.of(python, "-c", "import torch; print(torch.__version__)"))
                .output()
                .strip();
    }

    /** The command that runs a class of this class path in a JVM of its own, with this JVM's options. */
    static List<String> java(Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-Duser.language=en", "-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        return command;
    }
}
