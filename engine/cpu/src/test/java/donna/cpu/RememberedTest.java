package donna.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RememberedTest {
    private static final Shape SHAPE = Shape.of(2, 3);

    private final Remembered remembered = new Remembered();
    private final AtomicInteger computed = new AtomicInteger();

    /** What a caller gets, and how often anything was computed by then. */
    private float[] get(long offset, Shape shape, long version) {
        float[] result = new float[2];
        remembered.fill(offset, shape, version, new MemorySegment[] {MemorySegment.ofArray(result)}, 0,
                m -> m[0].copyFrom(MemorySegment.ofArray(new float[] {computed.incrementAndGet(), offset})));
        return result;
    }

    @Test
    void eachTensorOfABufferIsComputedOnce() {
        assertArrayEquals(new float[] {1, 0}, get(0, SHAPE, 5));
        assertArrayEquals(new float[] {2, 64}, get(64, SHAPE, 5));
        assertArrayEquals(new float[] {3, 0}, get(0, Shape.of(3, 2), 5));
        assertArrayEquals(new float[] {1, 0}, get(0, Shape.of(2, 3), 5));
        assertArrayEquals(new float[] {2, 64}, get(64, SHAPE, 5));
        assertEquals(3, computed.get());
    }

    @Test
    void changedBytesAreComputedAnew() {
        get(0, SHAPE, 1);
        assertArrayEquals(new float[] {2, 0}, get(0, SHAPE, 2));
        assertArrayEquals(new float[] {2, 0}, get(0, SHAPE, 2));
    }

    @Test
    void threadsThatWantTheSameComputeItOnce() throws InterruptedException {
        List<Thread> all = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            all.add(Thread.ofPlatform().start(() -> assertArrayEquals(new float[] {1, 0}, get(0, SHAPE, 1))));
        }
        for (Thread t : all) {
            t.join();
        }
        assertEquals(1, computed.get());
    }
}
