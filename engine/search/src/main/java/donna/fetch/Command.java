package donna.fetch;

import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a program of the system in a folder, without a shell, and turns its failure into one sentence. */
final class Command {
    private static final long TIMEOUT_MINUTES = 10;
    private static final int MAX_QUOTED = 300;

    private Command() {}

    /** @throws DonnaException.Unavailable if the program is missing, fails or takes longer than ten minutes */
    static void run(Path folder, List<String> command) {
        run(folder, command, TIMEOUT_MINUTES);
    }

    /** @throws DonnaException.Unavailable if the program is missing, fails or takes longer than {@code minutes} */
    static void run(Path folder, List<String> command, long minutes) {
        String what = String.join(" ", command.subList(0, Math.min(2, command.size())));
        Path log = folder.resolve("command.log");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(log.toFile());
            builder.environment().put("LC_ALL", "C");
            Process process = builder.start();
            try {
                if (!process.waitFor(minutes, TimeUnit.MINUTES)) {
                    throw new DonnaException.Unavailable(what + " took longer than " + minutes + " minutes");
                }
            } finally {
                process.destroy();
            }
            if (process.exitValue() != 0) {
                throw new DonnaException.Unavailable(what + " failed: " + lastLine(log));
            }
            Files.deleteIfExists(log);
        } catch (IOException e) {
            throw new DonnaException.Unavailable(what + " cannot be run here (" + e.getMessage() + ")", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DonnaException.Unavailable(what + " was interrupted", e);
        }
    }

    private static String lastLine(Path log) throws IOException {
        List<String> lines = new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .filter(l -> !l.isEmpty())
                .toList();
        String last = lines.isEmpty() ? "no message" : lines.getLast();
        return last.length() > MAX_QUOTED ? last.substring(0, MAX_QUOTED) + "..." : last;
    }
}
