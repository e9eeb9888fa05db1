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

/** PyTorch in a process of its own that does work when asked, so that both sides can be timed in turn. By one thread at a time; the caller closes it. */
final class Peer implements AutoCloseable {
    private final Process process;
    private final Writer in;
    private final BufferedReader out;
    private final String version;
    private int works;

    /** Starts {@code script} with {@code python}; its errors go to {@code log}. */
    Peer(String python, Path script, Path log) throws IOException {
        process = new ProcessBuilder(python, script.toString()).redirectError(log.toFile()).start();
        in = process.outputWriter(StandardCharsets.UTF_8);
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        version = answer("ready");
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
    Contender contender(String name, Map<String, Object> request) {
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
                ask(Map.of("do", "drop", "id", id), "ready");
            }
        };
    }

    private String ask(Map<String, Object> request, String expected) {
        try {
            in.write(Json.text(request).replace("\n", " ") + "\n");
            in.flush();
            return answer(expected);
        } catch (IOException e) {
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
                throw new IllegalStateException(words.getLast());
            }
        }
        throw new IOException("it wrote nothing more");
    }

    @Override
    public void close() {
        process.destroy();
    }
}
