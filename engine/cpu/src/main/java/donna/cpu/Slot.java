package donna.cpu;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A place in memory that steps read and write: a tensor bound by the caller, or a range of the stream's scratch memory from the first step that touches
 * it to the last.
 */
final class Slot {
    private final long bytes;
    private final int block;
    private final List<Step> users = new ArrayList<>();
    private Optional<String> bound = Optional.empty();
    private int first = Integer.MAX_VALUE;
    private int last = -1;
    private long offset;
    private MemorySegment segment = MemorySegment.NULL;

    /** Uses, by nodes not yet lowered, of the values that live here. */
    private int pending;

    /** A slot in scratch memory. {@code block} is the layout's; 1 is row-major. */
    Slot(long bytes, int block) {
        this.bytes = bytes;
        this.block = block;
    }

    /** From now on the tensor bound to {@code name}. */
    Slot bindTo(String name) {
        bound = Optional.of(name);
        return this;
    }

    long bytes() {
        return bytes;
    }

    int block() {
        return block;
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

    void usedBy(Step step, int index) {
        users.add(step);
        first = Math.min(first, index);
        last = Math.max(last, index);
    }

    int first() {
        return first;
    }

    int last() {
        return last;
    }

    long offset() {
        return offset;
    }

    void place(long at) {
        offset = at;
    }

    MemorySegment segment() {
        return segment;
    }

    void moveTo(MemorySegment where) {
        segment = where;
    }

    List<Step> users() {
        return users;
    }
}
