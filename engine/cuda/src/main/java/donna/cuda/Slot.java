package donna.cuda;

import donna.backend.plan.MemorySlot;
import donna.kernels.Storage;
import donna.tensor.DonnaException;

/** A place in device memory. */
final class Slot extends MemorySlot {
    /** What cuBLASLt takes for granted of scratch memory, in bytes. */
    static final long SCRATCH_ALIGNMENT = 256;

    /** Kernels count elements in {@code int}, and look a little beyond the last. */
    private static final long MOST_ELEMENTS = 1L << 30;

    private final Order order;
    private final Storage storage;

    /**
     * A slot in scratch memory.
     *
     * @throws DonnaException.InvalidInput if it has more elements than kernels count
     */
    Slot(long count, Order order, Storage storage) {
        if (count > MOST_ELEMENTS) {
            throw new DonnaException.InvalidInput(
                    "cuda: a value of " + count + " elements; this backend takes at most " + MOST_ELEMENTS + "; use a smaller batch");
        }
        super(count * storage.bytes());
        this.order = order;
        this.storage = storage;
    }

    /** Elements. */
    int count() {
        return (int) (bytes() / storage.bytes());
    }

    /** How its elements lie in memory; of labels, {@code F32} stands for their four bytes. */
    Storage storage() {
        return storage;
    }

    Order order() {
        return order;
    }
}
