package donna.cuda;

import donna.tensor.DonnaException;
import java.util.Optional;

/**
 * A place in device memory that steps read and write: a tensor bound by the caller, or a range of the stream's scratch memory from the first step that
 * touches it to the last.
 */
final class Slot {
    /** Kernels count elements in {@code int}, and look a little beyond the last. */
    private static final long MOST_ELEMENTS = 1L << 30;

    private final long bytes;
    private final Order order;
    private Optional<String> bound = Optional.empty();
    private int first = Integer.MAX_VALUE;
    private int last = -1;
    private long offset;

    /** Uses, by nodes not yet lowered, of the values that live here. */
    private int pending;

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
        this.bytes = bytes;
        this.order = order;
    }

    /** From now on the tensor bound to {@code name}. */
    Slot bindTo(String name) {
        bound = Optional.of(name);
        return this;
    }

    long bytes() {
        return bytes;
    }

    /** Elements of four bytes. */
    int count() {
        return (int) (bytes / Float.BYTES);
    }

    Order order() {
        return order;
    }

    /** The name whose tensor this is; empty in scratch memory. */
    Optional<String> bound() {
        return bound;
    }

    boolean inScratch() {
        return bound.isEmpty();
    }

    int pending() {
        return pending;
    }

    void addPending(int uses) {
        pending += uses;
    }

    void usedBy(int step) {
        first = Math.min(first, step);
        last = Math.max(last, step);
    }

    int first() {
        return first;
    }

    int last() {
        return last;
    }

    /** Bytes from the beginning of the scratch memory. */
    long offset() {
        return offset;
    }

    void place(long at) {
        offset = at;
    }
}
