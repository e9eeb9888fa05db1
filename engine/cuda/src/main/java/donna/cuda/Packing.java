package donna.cuda;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Places slots in one range so that slots alive at the same step do not overlap: largest first, each at the lowest offset that is free during its life.
 * Source: the greedy-by-size rule of Pisarchyk and Lee, "Efficient memory management for deep neural net inference" (2020).
 */
final class Packing {
    /** What cuBLASLt takes for granted. */
    static final long ALIGNMENT = 256;

    private Packing() {}

    /** Sets every slot's offset and returns the bytes of the whole range. */
    static long place(List<Slot> slots) {
        List<Slot> order = new ArrayList<>(slots);
        order.sort(Comparator.comparingLong(Slot::bytes).reversed().thenComparingInt(Slot::first));
        List<Slot> placed = new ArrayList<>();
        long total = 0;
        for (Slot s : order) {
            long at = 0;
            for (Slot p : placed) {
                if (p.first() <= s.last() && s.first() <= p.last()) {
                    if (at + aligned(s) <= p.offset()) {
                        break;
                    }
                    at = Math.max(at, p.offset() + aligned(p));
                }
            }
            s.place(at);
            int i = 0;
            while (i < placed.size() && placed.get(i).offset() <= at) {
                i++;
            }
            placed.add(i, s);
            total = Math.max(total, at + aligned(s));
        }
        return total;
    }

    private static long aligned(Slot s) {
        return Math.ceilDiv(s.bytes(), ALIGNMENT) * ALIGNMENT;
    }
}
