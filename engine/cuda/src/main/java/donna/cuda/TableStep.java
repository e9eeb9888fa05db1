package donna.cuda;

import donna.ffi.CudaStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A launch of a kernel with a block for each row of a table in device memory: many tensors in one launch. The table's address is the first parameter. */
final class TableStep implements Step {
    private static final int ALIGNMENT = 8;

    private final KernelStep launch;
    private final List<Object[]> rows;
    private final Map<Slot, Integer> positions = new LinkedHashMap<>();
    private long[] addresses = {};

    /**
     * Takes over a launch with no table yet.
     *
     * @param rows fields in the order of the source's struct: a {@link Slot} or {@link Place} for an address, null for none, {@code Integer}, {@code
     *     Float}; addresses first
     */
    TableStep(KernelStep launch, List<Object[]> rows) {
        this.launch = launch;
        this.rows = rows;
        rows.forEach(row -> {
            for (Object field : row) {
                if (field instanceof Slot || field instanceof Place) {
                    positions.putIfAbsent(KernelStep.place(field).slot(), positions.size());
                }
            }
        });
    }

    @Override
    public List<Slot> slots() {
        List<Slot> all = new ArrayList<>(positions.keySet());
        all.addAll(launch.slots());
        return all;
    }

    @Override
    public String implementation() {
        return launch.implementation() + " of " + rows.size() + " pieces";
    }

    @Override
    public long tableBytes() {
        return (long) rows.size() * bytes(rows.getFirst());
    }

    private static int bytes(Object[] row) {
        int bytes = 0;
        for (Object field : row) {
            bytes += field instanceof Integer || field instanceof Float ? Integer.BYTES : Long.BYTES;
        }
        return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }

    @Override
    public void tableAt(long pointer) {
        launch.table(pointer);
    }

    @Override
    public void writeTable(MemorySegment table) {
        int each = bytes(rows.getFirst());
        for (int r = 0; r < rows.size(); r++) {
            long at = (long) r * each;
            for (Object field : rows.get(r)) {
                switch (field) {
                    case null -> table.set(ValueLayout.JAVA_LONG, at, 0);
                    case Integer i -> table.set(ValueLayout.JAVA_INT, at, i);
                    case Float f -> table.set(ValueLayout.JAVA_FLOAT, at, f);
                    default -> {
                        Place p = KernelStep.place(field);
                        table.set(ValueLayout.JAVA_LONG, at, addresses[positions.get(p.slot())] + p.offset());
                    }
                }
                at += field instanceof Integer || field instanceof Float ? Integer.BYTES : Long.BYTES;
            }
        }
    }

    @Override
    public void moved(long[] now) {
        addresses = Arrays.copyOf(now, positions.size());
        launch.moved(Arrays.copyOfRange(now, positions.size(), now.length));
    }

    @Override
    public void run(CudaStream stream) {
        launch.run(stream);
    }
}
