package donna.cuda;

import donna.backend.plan.Packing;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Steps that run one after another, and the slots of scratch memory that belong to them. */
final class Section {
    /** Stands for a step after all steps. */
    private static final int END = Integer.MAX_VALUE - 1;

    private final List<GpuPlan.Line> lines = new ArrayList<>();
    private final Set<Slot> slots = new LinkedHashSet<>();
    private long scratchBytes;

    void own(Slot s) {
        slots.add(s);
    }

    void disown(Slot s) {
        slots.remove(s);
    }

    boolean owns(Slot s) {
        return slots.contains(s);
    }

    /** Notes that a later section touches {@code s}: it is kept to the end. */
    void keep(Slot s) {
        s.usedBy(END);
    }

    void add(GpuPlan.Line line) {
        line.step().slots().stream().filter(slots::contains).forEach(s -> s.usedBy(lines.size()));
        lines.add(line);
    }

    List<GpuPlan.Line> lines() {
        return List.copyOf(lines);
    }

    /** Places the slots in a range of their own and returns its bytes. */
    long pack() {
        slots.removeIf(s -> s.last() < 0);
        scratchBytes = Packing.place(List.copyOf(slots), Slot.SCRATCH_ALIGNMENT);
        return scratchBytes;
    }

    /** Bytes of {@link #pack}. */
    long scratchBytes() {
        return scratchBytes;
    }

    /** Moves the placed slots {@code bytes} further. */
    void shift(long bytes) {
        slots.forEach(s -> s.place(s.offset() + bytes));
    }

    /** Bytes that the steps touch: what they cost, near enough to share them out. */
    long traffic() {
        return lines.stream().flatMap(l -> l.step().slots().stream()).mapToLong(Slot::bytes).sum();
    }
}
