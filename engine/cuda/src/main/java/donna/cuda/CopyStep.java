package donna.cuda;

import donna.ffi.CudaStream;
import java.util.List;

/** Bytes from one slot to another of the same size. */
final class CopyStep implements Step {
    private final List<Slot> slots;
    private long src;
    private long dst;

    CopyStep(Slot from, Slot to) {
        this.slots = List.of(from, to);
    }

    @Override
    public List<Slot> slots() {
        return slots;
    }

    @Override
    public String implementation() {
        return "copy";
    }

    @Override
    public void moved(long[] addresses) {
        src = addresses[0];
        dst = addresses[1];
    }

    @Override
    public void run(CudaStream stream) {
        stream.copy(dst, src, slots.getFirst().bytes());
    }
}
