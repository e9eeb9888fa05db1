package donna.bench.gpu;

import donna.spec.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * PyTorch in a process of its own that does work when asked, so that both sides can be timed in turn. A process that ended, or whose card no longer answers,
 * is replaced when the next work is prepared. By one thread at a time; the caller closes it.
 */
final class Peer implements AutoCloseable {
    private final ProcessBuilder command;
    private final String version;
    private Process process;
    private Writer in;
    private BufferedReader out;
    private int works;

    /** Starts {@code script} with {@code python}; its errors go to {@code log}. */
    Peer(String python, Path script, Path log) throws IOException {
        command = new ProcessBuilder(python, script.toString()).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        version = start();
    }

    private String start() throws IOException {
        process = command.start();
        in = process.outputWriter(StandardCharsets.UTF_8);
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        return answer("ready");
    }

    /** Of PyTorch, and its card. */
    String version() {
        return version;
    }

    /**
     * Work that is prepared now and timed round by round.
     *
     * @param request what the script's documentation says, besides {@code do} and {@code id}
     */
    Contender contender(String name, Map<String, Object> request) throws IOException {
        if (!process.isAlive()) {
            start();
        }
        String id = "work" + works++;
        Map<String, Object> all = new LinkedHashMap<>(Map.of("do", "prepare", "id", id));
        all.putAll(request);
        ask(all, "ready");
        return new Contender() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public double round(int steps) {
                return Double.parseDouble(ask(Map.of("do", "round", "id", id, "steps", steps), "ms"));
            }

            @Override
            public void close() {
                if (process.isAlive()) {
                    ask(Map.of("do", "drop", "id", id), "ready");
                }
            }
        };
    }

    private String ask(Map<String, Object> request, String expected) {
        try {
            in.write(Json.text(request).replace("\n", " ") + "\n");
            in.flush();
            return answer(expected);
        } catch (IOException e) {
            process.destroyForcibly();
            throw new IllegalStateException("the PyTorch process has ended: " + e.getMessage(), e);
        }
    }

    private String answer(String expected) throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            List<String> words = List.of(line.split(" ", 2));
            if (words.getFirst().equals(expected)) {
                return words.getLast();
            }
            if (words.getFirst().equals("failed")) {
                if (words.getLast().contains("CUDA error")) {
                    process.destroyForcibly().onExit().join();
                }
                throw new IllegalStateException(words.getLast());
            }
        }
        throw new IOException("it wrote nothing more");
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
