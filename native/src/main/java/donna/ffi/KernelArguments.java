package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The arguments of a kernel in the form that a launch wants: made once, values set as often as wanted, nothing allocated per launch. By one thread at a time;
 * lives as long as its arena. A launch copies the values, so they may be changed right after it.
 */
public final class KernelArguments {
    private static final long SLOT = 8;

    private final MemorySegment values;
    private final MemorySegment addresses;
    private final int count;

    /** Room for {@code count} arguments of up to eight bytes, all zero. */
    public KernelArguments(Arena arena, int count) {
        this.count = count;
        this.values = arena.allocate(SLOT * Math.max(count, 1), SLOT);
        this.addresses = arena.allocate(ValueLayout.JAVA_LONG, Math.max(count, 1));
        for (int i = 0; i < count; i++) {
            addresses.setAtIndex(ValueLayout.JAVA_LONG, i, values.address() + SLOT * i);
        }
    }

    public int count() {
        return count;
    }

    /** A pointer, or an integer of eight bytes. */
    public KernelArguments set(int i, long value) {
        values.set(ValueLayout.JAVA_LONG, SLOT * i, value);
        return this;
    }

    public KernelArguments set(int i, int value) {
        values.set(ValueLayout.JAVA_INT, SLOT * i, value);
        return this;
    }

    public KernelArguments set(int i, float value) {
        values.set(ValueLayout.JAVA_FLOAT, SLOT * i, value);
        return this;
    }

    MemorySegment addresses() {
        return addresses;
    }
}
