package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.ffi.CudaStream;
import donna.kernels.Storage;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BranchesTest {
    private static final long UNIT = Slot.SCRATCH_ALIGNMENT;

    private record Touch(List<Slot> slots) implements Step {
        @Override
        public String implementation() {
            return "touch";
        }

        @Override
        public void moved(long[] addresses) {}

        @Override
        public void run(CudaStream stream) {}
    }

    private final List<Slot> slots = new ArrayList<>();

    /** A section of one slot of so many units, which is also what it costs. */
    private Section section(long units) {
        Section s = new Section();
        Slot slot = new Slot(units * UNIT / Float.BYTES, Order.ROW_MAJOR, Storage.F32);
        s.own(slot);
        s.add(new GpuPlan.Line("node" + units, "kind", new Touch(List.of(slot))));
        s.pack();
        slots.add(slot);
        return s;
    }

    private Branches branches(long limit, long... units) {
        return new Branches(LongStream.of(units).mapToObj(this::section).toList(), limit);
    }

    private static List<List<String>> names(Branches b) {
        return b.lines().stream().map(l -> l.stream().map(GpuPlan.Line::node).toList()).toList();
    }

    @Test
    void sectionsOfOneBranchShareMemoryAndThoseOfTwoDoNot() {
        Branches b = branches(Long.MAX_VALUE, LongStream.rangeClosed(1, 18).toArray());
        assertEquals(16, b.lines().size());
        assertEquals(List.of("node3", "node2"), names(b).getLast());
        assertEquals(100 + LongStream.rangeClosed(3, 18).sum() * UNIT, b.place(100));
        long[] offsets = slots.stream().mapToLong(Slot::offset).sorted().toArray();
        assertEquals(16, LongStream.of(offsets).distinct().count());
        assertEquals(100, offsets[0]);
    }

    @Test
    void whereMemoryIsShortTheLargeShareABranchAndTheSmallDo() {
        Branches b = branches(15 * UNIT, 2, 8, 2, 4, 2, 4, 2, 4, 8);
        assertEquals(List.of(List.of("node8", "node8"), List.of("node4", "node4", "node4"), List.of("node2", "node2", "node2", "node2")), names(b));
        assertEquals(14 * UNIT, b.place(0));
    }

    @Test
    void everySectionStaysWhateverTheLimit() {
        for (long limit = 0; limit < 30; limit++) {
            Branches b = branches(limit * UNIT, 5, 4, 4, 3, 2, 2, 1);
            assertEquals(7, b.lines().stream().mapToInt(List::size).sum());
            assertTrue(b.place(0) <= Math.max(5, limit) * UNIT);
        }
    }
}
