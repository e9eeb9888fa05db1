package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The {@code CUlaunchConfig} of programmatic launches into one stream: made once, its shape set for each launch. By one thread at a time; lives as long as its
 * arena.
 */
final class LaunchConfig {
    private static final int PROGRAMMATIC_STREAM_SERIALIZATION = 6;

    /** {@code CUlaunchAttribute}: an id, and from byte 8 on a union of 64 bytes. */
    private static final long ATTRIBUTE_BYTES = 72;

    private static final long ATTRIBUTE_VALUE = 8;

    /** {@code CUlaunchConfig}: three numbers of the grid, three of the block, shared memory, stream, attributes and their number. */
    private static final long BYTES = 56;

    private static final long GRID = 0;
    private static final long BLOCK = 12;
    private static final long SHARED = 24;
    private static final long STREAM = 32;
    private static final long ATTRIBUTES = 40;
    private static final long ATTRIBUTE_COUNT = 48;

    private final MemorySegment config;

    LaunchConfig(Arena arena, long stream) {
        MemorySegment attribute = arena.allocate(ATTRIBUTE_BYTES, 8);
        attribute.set(ValueLayout.JAVA_INT, 0, PROGRAMMATIC_STREAM_SERIALIZATION);
        attribute.set(ValueLayout.JAVA_INT, ATTRIBUTE_VALUE, 1);
        config = arena.allocate(BYTES, 8);
        config.set(ValueLayout.JAVA_LONG, STREAM, stream);
        config.set(ValueLayout.ADDRESS, ATTRIBUTES, attribute);
        config.set(ValueLayout.JAVA_INT, ATTRIBUTE_COUNT, 1);
    }

    /** For a launch of {@code shape}, until the next call. */
    MemorySegment of(LaunchShape shape) {
        three(GRID, shape.gridX(), shape.gridY(), shape.gridZ());
        three(BLOCK, shape.blockX(), shape.blockY(), shape.blockZ());
        config.set(ValueLayout.JAVA_INT, SHARED, shape.sharedBytes());
        return config;
    }

    private void three(long at, int x, int y, int z) {
        config.set(ValueLayout.JAVA_INT, at, x);
        config.set(ValueLayout.JAVA_INT, at + Integer.BYTES, y);
        config.set(ValueLayout.JAVA_INT, at + 2 * Integer.BYTES, z);
    }
}
