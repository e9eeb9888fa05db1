package donna.bench.gpu;

import donna.spec.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * PyTorch in a process of its own that does work when asked, so that both sides can be timed in turn. A process that ended, or whose card no longer answers,
 * is replaced when the next work is prepared. By one thread at a time, but {@link #close} by any; the caller closes it.
 */
final class Peer implements AutoCloseable {
    private final ProcessBuilder command;
    private final Map<Map<String, Object>, String> ready = new HashMap<>();
    private final Map<Map<String, Object>, String> failed = new HashMap<>();
    private volatile Process process;
    private Writer in;
    private BufferedReader out;
    private String version = "";
    private int works;

    /** Will start {@code script} with {@code python}; its errors go to {@code log}. */
    Peer(String python, Path script, Path log) {
        command = new ProcessBuilder(python, script.toString()).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    }

    private boolean runs() {
        return process != null && process.isAlive();
    }

    private void start() throws IOException {
        if (!runs()) {
            ready.clear();
            process = command.start();
            in = process.outputWriter(StandardCharsets.UTF_8);
            out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            version = answer("ready");
        }
    }

    /** Of PyTorch, and its card. */
    String version() throws IOException {
        start();
        return version;
    }

    /**
     * Prepares work for {@link #contender}; what came of it, in words.
     *
     * @param request what the script's documentation says, besides {@code do} and {@code id}
     */
    String prepare(Map<String, Object> request) {
        String id = "work" + works++;
        Map<String, Object> all = new LinkedHashMap<>(Map.of("do", "prepare", "id", id));
        all.putAll(request);
        try {
            start();
            String answer = ask(all, "ready");
            ready.put(request, id);
            return "ready " + answer;
        } catch (IOException | RuntimeException e) {
            failed.put(request, String.valueOf(e.getMessage()));
            return "failed: " + e.getMessage();
        }
    }

    /** Whether {@code request} was prepared, or failed to be. */
    boolean knows(Map<String, Object> request) {
        return runs() && ready.containsKey(request) || failed.containsKey(request);
    }

    /** Work that is timed round by round; prepared now if it is not yet. */
    Contender contender(String name, Map<String, Object> request) {
        if (!knows(request)) {
            prepare(request);
        }
        String id = ready.remove(request);
        if (id == null) {
            throw new IllegalStateException(failed.remove(request));
        }
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
        } catch (IOException | UncheckedIOException e) {
            close();
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
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
