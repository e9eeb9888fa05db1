package donna.bench.gpu;

import donna.ffi.Cuda;
import donna.ffi.CudaBindings;
import donna.ffi.CudaMonitor;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** Watches the card and this process's processor time, phase by phase. Thread-safe; the caller closes it. */
final class LoadWatch implements AutoCloseable {
    private static final long PERIOD_NANOS = 50_000_000;

    private final CudaMonitor monitor;
    private final Map<String, Sum> phases = new LinkedHashMap<>();
    private Sum now;
    private volatile boolean open = true;

    private static final class Sum {
        private final long start = System.nanoTime();
        private final long cpuStart = processorNanos();
        private long nanos;
        private long cpuNanos;
        private double busy;
        private double powerMilliwatts;
        private int samples;

        void end() {
            nanos = System.nanoTime() - start;
            cpuNanos = processorNanos() - cpuStart;
        }
    }

    /**
     * What a phase took.
     *
     * @param busyPercent mean of NVML's share of the time in which a kernel ran
     * @param hostThreads processor time of this process over the time of the clock
     */
    record Load(double seconds, double busyPercent, double watts, double hostThreads) {}

    LoadWatch() {
        CudaBindings bindings = CudaBindings.load();
        monitor = CudaMonitor.open(bindings, CardFacts.card(Cuda.open(bindings)));
        Thread.ofPlatform().daemon().start(this::sample);
    }

    private static long processorNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /** What follows is {@code name}; a name that comes again counts anew. */
    synchronized void phase(String name) {
        if (now != null) {
            now.end();
        }
        now = new Sum();
        phases.put(name, now);
    }

    /** Ends the last phase; what every phase took, in order. */
    synchronized Map<String, Load> loads() {
        if (now != null) {
            now.end();
            now = null;
        }
        Map<String, Load> loads = new LinkedHashMap<>();
        phases.forEach((name, s) -> loads.put(name, new Load(
                s.nanos / 1e9, s.busy / Math.max(1, s.samples), s.powerMilliwatts / 1e3 / Math.max(1, s.samples), (double) s.cpuNanos / s.nanos)));
        return loads;
    }

    private void sample() {
        while (open) {
            CudaMonitor.State state = monitor.state();
            synchronized (this) {
                if (now != null) {
                    now.busy += state.busyPercent();
                    now.powerMilliwatts += state.powerMilliwatts();
                    now.samples++;
                }
            }
            LockSupport.parkNanos(PERIOD_NANOS);
        }
        monitor.close();
    }

    @Override
    public void close() {
        open = false;
    }
}
