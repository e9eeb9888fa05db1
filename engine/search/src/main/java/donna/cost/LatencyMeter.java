package donna.cost;

import donna.backend.Device;
import donna.backend.Stream;
import donna.nn.Init;
import donna.nn.Layer;
import donna.nn.Network;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.train.Inference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the latency of networks and parts of networks in the form in which they are deployed: batch norm folded, weights of no consequence. All subjects
 * are timed in interleaved rounds, so that a machine that slows down slows down for all of them, and the median counts.
 */
public final class LatencyMeter {
    private static final int LEAST_ROUNDS = 9;

    private final Device device;
    private final int batch;

    /** @param batch images in a batch */
    public LatencyMeter(Device device, int batch) {
        this.device = device;
        this.batch = batch;
    }

    /** Something to time; {@code input} is {@code [C, H, W]}. */
    public record Subject(Layer layer, Shape input) {
        /** A whole network from images to logits. */
        public static Subject network(Network network, Shape image) {
            return new Subject((w, name, src) -> network.write(w, src).logits(), image);
        }
    }

    /**
     * Median milliseconds of one batch through each subject, on the calling thread.
     *
     * @param seconds time to spend on each
     * @param tick called between measurements; what it throws ends them
     */
    public double[] measureMs(Stream stream, List<Subject> subjects, double seconds, Runnable tick) {
        List<Running> running = new ArrayList<>();
        try {
            for (Subject s : subjects) {
                running.add(new Running(s));
                tick.run();
            }
            for (int warm = 0; warm < 3; warm++) {
                running.forEach(r -> r.run(stream));
                tick.run();
            }
            long end = System.nanoTime() + (long) (seconds * 1e9 * subjects.size());
            for (int round = 0; round < LEAST_ROUNDS || System.nanoTime() < end; round++) {
                running.forEach(r -> r.time(stream));
                tick.run();
            }
            return running.stream().mapToDouble(Running::medianMs).toArray();
        } finally {
            running.forEach(Running::close);
        }
    }

    private final class Running implements AutoCloseable {
        private final Inference net;
        private final Map<String, Tensor> io = new LinkedHashMap<>();
        private long[] nanos = new long[64];
        private int count;

        Running(Subject s) {
            net = Inference.part(device, s.layer(), s.input(), batch);
            net.bindings().forEach((name, spec) -> {
                Tensor t = device.tensor(spec);
                if (name.equals(Inference.IMAGES)) {
                    t.set(new Init.Uniform(1).values(0, name, Math.toIntExact(spec.shape().elements())));
                }
                io.put(name, t);
                net.bind(name, t);
            });
        }

        void run(Stream stream) {
            net.run(stream);
            stream.synchronize();
        }

        /** Once to bring the weights and the code back into the caches, then timed. */
        void time(Stream stream) {
            run(stream);
            long start = System.nanoTime();
            run(stream);
            long took = System.nanoTime() - start;
            if (count == nanos.length) {
                nanos = Arrays.copyOf(nanos, count * 2);
            }
            nanos[count++] = took;
        }

        double medianMs() {
            long[] sorted = Arrays.copyOf(nanos, count);
            Arrays.sort(sorted);
            return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2e6;
        }

        @Override
        public void close() {
            net.close();
            io.values().forEach(Tensor::close);
        }
    }
}
