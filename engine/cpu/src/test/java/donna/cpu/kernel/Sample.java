package donna.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.Layout;
import donna.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Tensors of one test: random plain values, their blocked and plain segments, and comparisons. Every segment ends where
 * its tensor ends.
 */
final class Sample {
    private static final Layout BLOCKED = new Layout(Lanes.L);
    private final Arena arena;
    private final Random random;

    Sample(Arena arena, long seed) {
        this.arena = arena;
        this.random = new Random(seed);
        System.getLogger("donna.test").log(System.Logger.Level.DEBUG, "seed " + seed);
    }

    /** Shapes with incomplete blocks, several blocks, odd sizes. */
    static Stream<Shape> shapes() {
        return Stream.of(
                Shape.of(1, 1, 7, 7),
                Shape.of(3, 3, 5, 9),
                Shape.of(1, 8, 14, 14),
                Shape.of(3, 16, 7, 7),
                Shape.of(1, 24, 28, 28),
                Shape.of(3, 40, 14, 14),
                Shape.of(1, 144, 5, 9),
                Shape.of(5, 17, 1, 2));
    }

    float[] normal(long count, double mean, double std) {
        float[] a = new float[Math.toIntExact(count)];
        for (int i = 0; i < a.length; i++) {
            a[i] = (float) (mean + std * random.nextGaussian());
        }
        return a;
    }

    MemorySegment empty(long count) {
        MemorySegment s = arena.allocate(count * Float.BYTES, 64);
        for (long i = 0; i < count; i++) {
            s.setAtIndex(ValueLayout.JAVA_FLOAT, i, Float.NaN);
        }
        return s;
    }

    MemorySegment plain(float... a) {
        MemorySegment s = empty(a.length);
        MemorySegment.copy(a, 0, s, ValueLayout.JAVA_FLOAT, 0, a.length);
        return s;
    }

    MemorySegment scratch(long bytes) {
        return empty(bytes / Float.BYTES);
    }

    MemorySegment emptyBlocked(Shape shape) {
        return empty(BLOCKED.elements(shape));
    }

    MemorySegment blocked(Shape shape, float[] a) {
        MemorySegment s = arena.allocate(BLOCKED.elements(shape) * Float.BYTES, 64);
        each(shape, (i, at) -> s.setAtIndex(ValueLayout.JAVA_FLOAT, at, a[i]));
        return s;
    }

    static float[] read(MemorySegment s) {
        return s.toArray(ValueLayout.JAVA_FLOAT);
    }

    /** The values in plain order; checks that the missing channels are zero. */
    static float[] readBlocked(Shape shape, MemorySegment s) {
        float[] a = new float[Math.toIntExact(shape.elements())];
        float[] stored = read(s);
        each(shape, (i, at) -> {
            a[i] = stored[Math.toIntExact(at)];
            stored[Math.toIntExact(at)] = 0;
        });
        for (float v : stored) {
            assertEquals(0, v, "a missing channel");
        }
        return a;
    }

    /** Errors are at most {@code tolerance} times the largest expected magnitude. */
    static void assertClose(double[] expected, float[] actual, double tolerance, String what) {
        assertEquals(expected.length, actual.length, what);
        double scale = 1e-30;
        for (double v : expected) {
            scale = Math.max(scale, Math.abs(v));
        }
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs(expected[i] - actual[i]);
            int at = i;
            double largest = scale;
            assertTrue(
                    error <= tolerance * scale,
                    () -> what + "[" + at + "]: " + actual[at] + ", expected " + expected[at] + " within " + tolerance
                            + " of " + largest);
        }
    }

    static void assertClose(double expected, float actual, double tolerance, String what) {
        assertClose(new double[] {expected}, new float[] {actual}, tolerance, what);
    }

    private interface Visitor {
        void visit(int plain, long blocked);
    }

    private static void each(Shape shape, Visitor visitor) {
        int i = 0;
        for (int n = 0; n < shape.dim(0); n++) {
            for (int c = 0; c < shape.dim(1); c++) {
                for (int y = 0; y < shape.dim(2); y++) {
                    for (int x = 0; x < shape.dim(3); x++) {
                        visitor.visit(i++, BLOCKED.index(shape, n, c, y, x));
                    }
                }
            }
        }
    }
}
