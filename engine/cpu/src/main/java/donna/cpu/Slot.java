package donna.cpu;

import donna.backend.plan.MemorySlot;
import donna.ffi.DnnlElement;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A place in host memory, with the steps that look it up when it moves. */
final class Slot extends MemorySlot {
    private final DnnlElement element;
    private final int block;
    private final List<Step> users = new ArrayList<>();
    private MemorySegment segment = MemorySegment.NULL;
    private Optional<CpuBuffer> owner = Optional.empty();
    private long ownerOffset;

    /** A slot in scratch memory. {@code block} is the layout's; 1 is row-major. */
    Slot(long bytes, DnnlElement element, int block) {
        super(bytes);
        this.element = element;
        this.block = block;
    }

    DnnlElement element() {
        return element;
    }

    int block() {
        return block;
    }

    void usedBy(Step step, int index) {
        users.add(step);
        usedBy(index);
    }

    MemorySegment segment() {
        return segment;
    }

    void moveTo(MemorySegment where) {
        segment = where;
    }

    /** Into a tensor of the caller's. */
    void moveInto(CpuBuffer buffer, long offset) {
        owner = Optional.of(buffer);
        ownerOffset = offset;
        moveTo(buffer.slice(offset, bytes()));
    }

    /** Whose memory this is, if the caller has bound it. */
    Optional<CpuBuffer> owner() {
        return owner;
    }

    /** Where in that buffer. */
    long ownerOffset() {
        return ownerOffset;
    }

    List<Step> users() {
        return users;
    }
}
