package donna.ffi;

import donna.ffi.bind.CText;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A card's state as NVML tells it: clocks, power, temperature, memory, and what holds the clocks down. Thread-safe; the caller closes it. */
public final class CudaMonitor implements AutoCloseable {
    private static final int CLOCK_MULTIPROCESSORS = 1;
    private static final int CLOCK_MEMORY = 2;
    private static final int SENSOR_CARD = 0;
    private static final int TEXT_BYTES = 96;
    private static final int MEMORY_BYTES = 24;
    private static final int MEMORY_USED = 16;

    /** Names of the bits of {@code nvmlClocksThrottleReasons}, the lowest first. */
    private static final List<String> REASONS = List.of(
            "idle", "set by an application", "power cap", "hardware slowdown", "synchronized with other cards", "software thermal limit",
            "hardware thermal limit", "hardware power brake", "display clock");

    private final Nvml lib;
    private final long device;
    private boolean closed;

    private CudaMonitor(Nvml lib, long device) {
        this.lib = lib;
        this.device = device;
    }

    /**
     * Watches a card.
     *
     * @throws NativeException if NVML cannot be loaded or does not know the card
     */
    public static CudaMonitor open(CudaBindings bindings, CudaDevice card) {
        Nvml lib = bindings.nvml();
        check(lib, lib.nvmlInit_v2(), "nvmlInit");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            String id = card.pciBusId();
            int status = lib.nvmlDeviceGetHandleByPciBusId_v2(arena.allocateFrom(id), out);
            if (status != 0) {
                lib.nvmlShutdown();
                check(lib, status, "nvmlDeviceGetHandleByPciBusId of " + id);
            }
            return new CudaMonitor(lib, out.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    /**
     * A card at one moment.
     *
     * @param clockMHz of the multiprocessors
     * @param maxClockMHz what they could run at
     * @param memoryClockMHz of the memory
     * @param powerMilliwatts of the whole card
     * @param busyPercent of the last sampling period in which a kernel ran
     * @param usedBytes of its memory, by all processes
     * @param throttled what holds the clocks down; empty if nothing does
     */
    public record State(
            int clockMHz, int maxClockMHz, int memoryClockMHz, int powerMilliwatts, int temperatureCelsius, int busyPercent, long usedBytes,
            List<String> throttled) {}

    /** The card now. */
    public State state() {
        return new State(
                read("nvmlDeviceGetClockInfo", out -> lib.nvmlDeviceGetClockInfo(device, CLOCK_MULTIPROCESSORS, out)),
                read("nvmlDeviceGetMaxClockInfo", out -> lib.nvmlDeviceGetMaxClockInfo(device, CLOCK_MULTIPROCESSORS, out)),
                read("nvmlDeviceGetClockInfo", out -> lib.nvmlDeviceGetClockInfo(device, CLOCK_MEMORY, out)),
                read("nvmlDeviceGetPowerUsage", out -> lib.nvmlDeviceGetPowerUsage(device, out)),
                read("nvmlDeviceGetTemperature", out -> lib.nvmlDeviceGetTemperature(device, SENSOR_CARD, out)),
                read("nvmlDeviceGetUtilizationRates", out -> lib.nvmlDeviceGetUtilizationRates(device, out)),
                usedBytes(),
                throttled());
    }

    /** The driver's version: {@code 570.86.15}. */
    public String driverVersion() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(TEXT_BYTES);
            check(lib, lib.nvmlSystemGetDriverVersion(text, TEXT_BYTES), "nvmlSystemGetDriverVersion");
            return text.getString(0);
        }
    }

    private long usedBytes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(MEMORY_BYTES, 8);
            check(lib, lib.nvmlDeviceGetMemoryInfo(device, memory), "nvmlDeviceGetMemoryInfo");
            return memory.get(ValueLayout.JAVA_LONG, MEMORY_USED);
        }
    }

    private List<String> throttled() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            check(lib, lib.nvmlDeviceGetCurrentClocksThrottleReasons(device, out), "nvmlDeviceGetCurrentClocksThrottleReasons");
            return reasons(out.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    static List<String> reasons(long bits) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < Long.SIZE; i++) {
            if ((bits >>> i & 1) != 0) {
                names.add(i < REASONS.size() ? REASONS.get(i) : "reason " + i);
            }
        }
        return names;
    }

    /** The first of the words that the function writes. */
    private int read(String function, Cuda.Out call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_INT, 2);
            check(lib, call.call(out), function);
            return out.get(ValueLayout.JAVA_INT, 0);
        }
    }

    private static void check(Nvml lib, int status, String function) {
        if (status != 0) {
            throw new NativeException("NVML: " + function + ": " + CText.of(lib.nvmlErrorString(status)) + " (" + status + ")", status);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            check(lib, lib.nvmlShutdown(), "nvmlShutdown");
        }
    }
}
