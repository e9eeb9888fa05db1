package donna.cuda;

import donna.backend.plan.MemorySlot;
import donna.tensor.DonnaException;

/** A place in device memory. */
final class Slot extends MemorySlot {
    /** What cuBLASLt takes for granted of scratch memory, in bytes. */
    static final long SCRATCH_ALIGNMENT = 256;

    /** Kernels count elements in {@code int}, and look a little beyond the last. */
    private static final long MOST_ELEMENTS = 1L << 30;

    private final Order order;

    /**
     * A slot in scratch memory.
     *
     * @throws DonnaException.InvalidInput if it has more elements than kernels count
     */
    Slot(long bytes, Order order) {
        if (bytes / Float.BYTES > MOST_ELEMENTS) {
            throw new DonnaException.InvalidInput("cuda: a value of " + bytes / Float.BYTES + " elements; this backend takes at most " + MOST_ELEMENTS
                    + "; use a smaller batch");
        }
        super(bytes);
        this.order = order;
    }

    /** Elements of four bytes. */
    int count() {
        return (int) (bytes() / Float.BYTES);
    }

    Order order() {
        return order;
    }
}
