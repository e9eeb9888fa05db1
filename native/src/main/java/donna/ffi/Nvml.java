package donna.ffi;

import java.lang.foreign.MemorySegment;

/**
 * The functions of NVML, the driver's management library, that we call, under the names of their symbols: what a card is and does while it works. A function
 * that returns {@code int} returns an {@code nvmlReturn_t}. Thread-safe. Source: NVML 12.
 */
public interface Nvml {
    /** A static string. */
    MemorySegment nvmlErrorString(int result);

    int nvmlInit_v2();

    int nvmlShutdown();

    int nvmlSystemGetDriverVersion(MemorySegment version, int length);

    int nvmlDeviceGetHandleByPciBusId_v2(MemorySegment busId, MemorySegment device);

    /** MHz now; {@code type}: 0 graphics, 1 multiprocessors, 2 memory. */
    int nvmlDeviceGetClockInfo(long device, int type, MemorySegment megahertz);

    int nvmlDeviceGetMaxClockInfo(long device, int type, MemorySegment megahertz);

    /** Writes an {@code nvmlMemory_t}: total, free and used bytes. */
    int nvmlDeviceGetMemoryInfo(long device, MemorySegment memory);

    int nvmlDeviceGetPowerUsage(long device, MemorySegment milliwatts);

    int nvmlDeviceGetTemperature(long device, int sensor, MemorySegment celsius);

    /** Writes an {@code nvmlUtilization_t}: percent of the time that the card and its memory were busy. */
    int nvmlDeviceGetUtilizationRates(long device, MemorySegment utilization);

    /** Bits that say why the clocks are below their maximum. */
    int nvmlDeviceGetCurrentClocksThrottleReasons(long device, MemorySegment reasons);
}
