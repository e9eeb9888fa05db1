package donna.backend.plan;

import java.util.Optional;

/**
 * A place in memory that a plan's steps read and write: a tensor bound by the caller, or a range of the stream's scratch memory from the first step that
 * touches it to the last. Not thread-safe.
 */
public abstract class MemorySlot {
    private final long bytes;
    private Optional<String> bound = Optional.empty();
    private int first = Integer.MAX_VALUE;
    private int last = -1;
    private long offset;

    /** Uses, by nodes not yet lowered, of the values that live here. */
    private int pending;

    /** A slot in scratch memory. */
    protected MemorySlot(long bytes) {
        this.bytes = bytes;
    }

    /** From now on the tensor bound to {@code name}. */
    public final void bindTo(String name) {
        bound = Optional.of(name);
    }

    public final long bytes() {
        return bytes;
    }

    /** The name whose tensor this is; empty in scratch memory. */
    public final Optional<String> bound() {
        return bound;
    }

    public final boolean inScratch() {
        return bound.isEmpty();
    }

    /** Uses, by nodes not yet lowered, of the values that live here. */
    public final int pending() {
        return pending;
    }

    public final void addPending(int uses) {
        pending += uses;
    }

    /** Step {@code index} of the plan reads or writes it. */
    public final void usedBy(int index) {
        first = Math.min(first, index);
        last = Math.max(last, index);
    }

    /** The first step that touches it. */
    public final int first() {
        return first;
    }

    /** The last step that touches it; -1 if none does. */
    public final int last() {
        return last;
    }

    /** Bytes from the beginning of its range. */
    public final long offset() {
        return offset;
    }

    public final void place(long at) {
        offset = at;
    }
}
