package donna.cuda;

import donna.ffi.CudaStream;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A launch whose blocks count, each for its tile, how many have ended, so that the last one sees what all left behind. The counters' address is the first
 * parameter; they begin as 0, and are 0 again when the launch is done.
 */
final class CountedStep implements Step {
    private static final int ALIGNMENT = 8;

    private final KernelStep launch;
    private final int counters;

    /** Takes over a launch with no counters yet. */
    CountedStep(KernelStep launch, int counters) {
        this.launch = launch;
        this.counters = counters;
    }

    @Override
    public List<Slot> slots() {
        return launch.slots();
    }

    @Override
    public String implementation() {
        return launch.implementation();
    }

    @Override
    public long tableBytes() {
        return Math.ceilDiv((long) counters * Integer.BYTES, ALIGNMENT) * ALIGNMENT;
    }

    @Override
    public void tableAt(long pointer) {
        launch.table(pointer);
    }

    @Override
    public void writeTable(MemorySegment table) {
        table.fill((byte) 0);
    }

    @Override
    public void moved(long[] addresses) {
        launch.moved(addresses);
    }

    @Override
    public void run(CudaStream stream) {
        launch.run(stream);
    }
}
