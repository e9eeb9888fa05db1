package donna.bench.step;

import com.sun.management.ThreadMXBean;
import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.bench.ceiling.FmaPeak;
import donna.cpu.ProfiledPlan;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * How long does one training step of every candidate of a stage take, one candidate per thread? Arguments: the stages file, a device,
 * {@code F32} or another precision, threads, steps, optionally a stage's name and {@code profile}. Prints, per candidate, the median milliseconds of a step while all threads work, by the clock and by
 * the thread's own processor time (on a machine that does other things too, only the latter means something), its floating-point operations and what it leaves
 * to the garbage collector, and per stage the sums divided by the threads: what {@code bkd_peer.py} calls the total of a framework that gives all threads to one
 * candidate. Before all, what a thread can do at most while the others work too.
 */
public final class BkdStep {
    /** Until the JVM has compiled what a candidate runs: its compiler has the same cores. What it has not, allocates its vectors. */
    private static final long WARM_UP_NANOS = 5_000_000_000L;

    private static final long LONGEST_WARM_UP_NANOS = 20_000_000_000L;

    private static final long PEAK_NANOS = 1_500_000_000L;
    private static final int PEAK_RUNS = 500;

    private BkdStep() {}

    public static void main(String[] args) throws InterruptedException {
        Stages stages = Stages.read(Path.of(args[0]));
        Precision precision = Precision.valueOf(args[2]);
        int threads = Integer.parseInt(args[3]);
        int steps = Integer.parseInt(args[4]);
        String only = args.length > 5 ? args[5] : "";
        boolean profile = args.length > 6;
        try (Device device = Backends.open(args[1], precision, System.out::println)) {
            System.out.printf(Locale.ROOT, "FMA peak: %.2f GFLOP/s a thread%n", peak(threads) / 1e9);
            for (Stages.Stage stage : stages.stages()) {
                if (only.isEmpty() || only.equals("all") || stage.name().equals(only)) {
                    run(device, stage, threads, steps, profile);
                }
            }
        }
    }

    private static void run(Device device, Stages.Stage stage, int threads, int steps, boolean profile) throws InterruptedException {
        Map<String, Tensor> data = data(device, stage);
        List<CandidateStep> candidates = new ArrayList<>();
        long start = System.nanoTime();
        stage.candidates().forEach(c -> candidates.add(new CandidateStep(device, stage, c, data)));
        System.out.printf("%s: compiled %d candidates in %.0f ms%n", stage.name(), candidates.size(), (System.nanoTime() - start) / 1e6);
        Map<CandidateStep, Times> times = measure(device, candidates, threads, steps);
        double total = 0;
        double cpu = 0;
        for (CandidateStep c : candidates) {
            Times t = times.get(c);
            total += t.wallMs;
            cpu += t.cpuMs;
            System.out.printf(Locale.ROOT, "%s %s: %.2f ms (cpu %.2f), %.0f images/s a thread, %.4f GFLOP, %.0f B allocated%n", stage.name(), c.name(), t.wallMs,
                    t.cpuMs, c.batch() / t.wallMs * 1e3, c.flops() / 1e9, t.allocatedBytes);
            if (profile && c.plan() instanceof ProfiledPlan p) {
                try (Stream stream = device.openStream()) {
                    System.out.print(p.profile(stream, 20));
                }
            }
        }
        System.out.printf("%s total: %.2f ms (cpu %.2f) per step of %d candidates [%s threads=%d]%n", stage.name(), total / threads,
                cpu / threads, candidates.size(), device.name(), threads);
        candidates.forEach(CandidateStep::close);
        data.values().forEach(Tensor::close);
    }

    /** Random images and targets of a stage, channels in the preferred layout, by the names that {@link CandidateStep} binds. */
    public static Map<String, Tensor> data(Device device, Stages.Stage stage) {
        int out = stage.size() / stage.stride();
        Map<String, Tensor> data = new LinkedHashMap<>();
        data.put("src", image(device, new Shape(stage.batch(), stage.in(), stage.size(), stage.size()), 1));
        Tensor target = image(device, new Shape(stage.batch(), stage.out(), out, out), 2);
        data.put("target", target);
        Tensor inverse = device.tensor(TensorSpec.f32(stage.out()));
        inverse.fill(1);
        data.put("inverseVariance", inverse);
        return data;
    }

    private static Tensor image(Device device, Shape shape, long seed) {
        Random random = new Random(seed);
        Tensor t = device.tensor(TensorSpec.f32(shape.dims()).with(device.preferredLayout()));
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        t.set(values);
        return t;
    }

    /** Every thread takes the next candidate and times its steps until all are done; those that finish early train on, so that the load stays even. */
    private static Map<CandidateStep, Times> measure(Device device, List<CandidateStep> candidates, int threads, int steps)
            throws InterruptedException {
        Map<CandidateStep, Times> times = new ConcurrentHashMap<>();
        for (boolean timed : new boolean[] {false, true}) {
            times.clear();
            ConcurrentLinkedQueue<CandidateStep> queue = new ConcurrentLinkedQueue<>(candidates);
            List<Thread> workers = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                workers.add(Thread.ofPlatform().start(() -> {
                    try (Stream stream = device.openStream()) {
                        CandidateStep last = null;
                        for (CandidateStep c = queue.poll(); c != null; c = queue.poll()) {
                            times.put(c, times(c, stream, timed ? steps : 1, timed));
                            last = c;
                        }
                        while (timed && times.size() < candidates.size() && last != null) {
                            last.run(stream);
                        }
                    }
                }));
            }
            for (Thread w : workers) {
                w.join();
            }
        }
        return times;
    }

    /** Medians of a step. */
    private record Times(double wallMs, double cpuMs, double allocatedBytes) {}

    /** Multiply-accumulates of a thread, as floating-point operations a second, while all of them do nothing else. */
    private static double peak(int threads) throws InterruptedException {
        double[] rates = new double[threads];
        List<Thread> workers = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int worker = t;
            workers.add(Thread.ofPlatform().start(() -> rates[worker] = peak()));
        }
        for (Thread w : workers) {
            w.join();
        }
        return Arrays.stream(rates).average().orElseThrow();
    }

    private static double peak() {
        FmaPeak kernel = new FmaPeak();
        double best = 0;
        float sum = 0;
        long end = System.nanoTime() + PEAK_NANOS;
        while (System.nanoTime() < end) {
            long start = System.nanoTime();
            for (int i = 0; i < PEAK_RUNS; i++) {
                sum += kernel.run();
            }
            best = Math.max(best, PEAK_RUNS * FmaPeak.work().flops() / (System.nanoTime() - start) * 1e9);
        }
        // What nobody reads would not be computed.
        return Float.isNaN(sum) ? Double.NaN : best;
    }

    private static Times times(CandidateStep c, Stream stream, int steps, boolean timed) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long begin = System.nanoTime();
        long warm;
        long before;
        do {
            before = threads.getCurrentThreadAllocatedBytes();
            c.run(stream);
            warm = System.nanoTime() - begin;
        } while (!timed && warm < LONGEST_WARM_UP_NANOS && (warm < WARM_UP_NANOS || threads.getCurrentThreadAllocatedBytes() > before));
        double[] wall = new double[steps];
        double[] cpu = new double[steps];
        double[] allocated = new double[steps];
        for (int i = 0; i < steps; i++) {
            long bytes = threads.getCurrentThreadAllocatedBytes();
            long used = threads.getCurrentThreadCpuTime();
            long start = System.nanoTime();
            c.renewSource();
            double loss = c.run(stream);
            wall[i] = (System.nanoTime() - start) / 1e6;
            cpu[i] = (threads.getCurrentThreadCpuTime() - used) / 1e6;
            allocated[i] = threads.getCurrentThreadAllocatedBytes() - bytes;
            if (!Double.isFinite(loss)) {
                throw new IllegalStateException(c.name() + ": the loss is " + loss);
            }
        }
        Arrays.sort(wall);
        Arrays.sort(cpu);
        Arrays.sort(allocated);
        return new Times(wall[steps / 2], cpu[steps / 2], allocated[steps / 2]);
    }
}
