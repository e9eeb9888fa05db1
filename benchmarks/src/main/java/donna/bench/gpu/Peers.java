package donna.bench.gpu;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * PyTorch in several processes, which prepare works side by side before anything is timed: one for each kind of work, and one for each network that
 * torch.compile compiles. What was not prepared by then is prepared when it is wanted; but what torch.compile has not finished is left out, with the reason.
 * By one thread at a time; the caller closes it.
 */
final class Peers implements AutoCloseable {
    private static final String COMPILE = "compile";

    private final String python;
    private final Path script;
    private final Path logs;
    private final SequencedMap<String, Lane> lanes = new LinkedHashMap<>();
    private final long start = System.nanoTime();
    private long end = start;

    /** A process, and the thread that lets it prepare. */
    private final class Lane {
        private final Peer peer;
        private final List<Map<String, Object>> wanted = new ArrayList<>();
        private Thread thread;

        Lane(String name) {
            peer = new Peer(python, script, logs.resolve("peer-" + name.replace(' ', '-') + ".log"));
        }

        void prepare() {
            for (Map<String, Object> request : wanted) {
                if (System.nanoTime() > end) {
                    return;
                }
                String answer = peer.prepare(request);
                System.out.printf("  [%.0f s] PyTorch, %s: %s%n", (System.nanoTime() - start) / 1e9, name(request), answer);
            }
        }
    }

    /** No process runs yet; their errors go to files in {@code logs}. */
    Peers(String python, Path script, Path logs) {
        this.python = python;
        this.script = script;
        this.logs = logs;
    }

    private static boolean compiled(Map<String, Object> request) {
        return request.get("variant").toString().startsWith(COMPILE);
    }

    private static String network(Map<String, Object> request) {
        return request.getOrDefault("model", request.get("kind")).toString();
    }

    private static String name(Map<String, Object> request) {
        return request.get("kind") + " " + request.getOrDefault("model", "") + " " + request.getOrDefault("batch", "") + " " + request.get("precision") + " "
                + request.get("variant");
    }

    private Lane lane(Map<String, Object> request) {
        String name = compiled(request) ? COMPILE + " " + network(request) : request.get("kind").toString();
        return lanes.computeIfAbsent(name, Lane::new);
    }

    /** Begins to prepare what {@code requests} ask for, in this order, and begins nothing more after {@code seconds}. */
    void prepare(List<Map<String, Object>> requests, double seconds) {
        end = start + (long) (seconds * 1e9);
        requests.forEach(r -> lane(r).wanted.add(r));
        for (Lane lane : lanes.values()) {
            lane.thread = Thread.ofPlatform().daemon().start(lane::prepare);
        }
    }

    /**
     * Waits until nothing is prepared any more. A process that still compiles {@code patience} seconds after the time to prepare is ended, and one that does not
     * compile after twice as many: what it had ready would have to be prepared again.
     */
    void await(int patience) throws InterruptedException {
        for (Map.Entry<String, Lane> e : lanes.entrySet()) {
            Lane lane = e.getValue();
            long seconds = e.getKey().startsWith(COMPILE) ? patience : 2L * patience;
            lane.thread.join(Math.max(1, (end - System.nanoTime()) / 1_000_000 + seconds * 1000));
            if (lane.thread.isAlive()) {
                lane.peer.close();
                lane.thread.join();
            }
        }
    }

    /** What the first of the processes says of itself. */
    String version() throws IOException {
        return lanes.firstEntry().getValue().peer.version();
    }

    /** Work to be timed round by round. */
    Contender contender(String name, Map<String, Object> request) throws IOException {
        Lane lane = lane(request);
        if (compiled(request) && !lane.peer.knows(request)) {
            throw new IllegalStateException("torch.compile was not reached, or its process was ended, in the time to prepare");
        }
        return lane.peer.contender(name, request);
    }

    @Override
    public void close() {
        lanes.values().forEach(l -> l.peer.close());
    }
}
