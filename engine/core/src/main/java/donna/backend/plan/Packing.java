package donna.backend.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Places slots in one range so that slots alive at the same step do not overlap: largest first, each at the lowest offset that is free during its life.
 * Source: the greedy-by-size rule of Pisarchyk and Lee, "Efficient memory management for deep neural net inference" (2020).
 */
public final class Packing {
    private Packing() {}

    /**
     * Sets every slot's offset and returns the bytes of the whole range.
     *
     * @param alignment of every offset, in bytes
     */
    public static long place(List<? extends MemorySlot> slots, long alignment) {
        List<MemorySlot> order = new ArrayList<>(slots);
        order.sort(Comparator.comparingLong(MemorySlot::bytes).reversed().thenComparingInt(MemorySlot::first));
        List<MemorySlot> placed = new ArrayList<>();
        long total = 0;
        for (MemorySlot s : order) {
            long at = 0;
            for (MemorySlot p : placed) {
                if (p.first() <= s.last() && s.first() <= p.last()) {
                    if (at + aligned(s, alignment) <= p.offset()) {
                        break;
                    }
                    at = Math.max(at, p.offset() + aligned(p, alignment));
                }
            }
            s.place(at);
            int i = 0;
            while (i < placed.size() && placed.get(i).offset() <= at) {
                i++;
            }
            placed.add(i, s);
            total = Math.max(total, at + aligned(s, alignment));
        }
        return total;
    }

    private static long aligned(MemorySlot s, long alignment) {
        return Math.ceilDiv(s.bytes(), alignment) * alignment;
    }
}
