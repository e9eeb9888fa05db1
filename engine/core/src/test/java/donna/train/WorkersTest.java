package donna.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Device;
import donna.backend.Stream;
import donna.backend.reference.ReferenceBackend;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two workers on each of three devices. */
class WorkersTest {
    private final List<Device> devices = IntStream.range(0, 3).mapToObj(i -> new ReferenceBackend().open(0)).toList();
    private Workers workers;

    @BeforeEach
    void open() {
        workers = new Workers(devices, 2);
    }

    @AfterEach
    void close() {
        workers.close();
        devices.forEach(Device::close);
    }

    /** The devices of tasks that all run at once. */
    private Set<Device> devicesOf(int tasks) {
        CountDownLatch all = new CountDownLatch(tasks);
        Set<Device> found = new HashSet<>();
        workers.forEach(tasks, (i, stream) -> {
            all.countDown();
            try {
                all.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            synchronized (found) {
                found.add(stream.device());
            }
        });
        return found;
    }

    @Test
    void fewTasksAreSpreadOverTheDevices() {
        assertEquals(6, workers.count());
        assertEquals(Set.of(devices.get(0)), devicesOf(1));
        assertEquals(Set.copyOf(devices.subList(0, 2)), devicesOf(2));
        assertEquals(Set.copyOf(devices), devicesOf(3));
    }

    @Test
    void everyTaskIsDoneOnce() {
        AtomicIntegerArray done = new AtomicIntegerArray(100);
        workers.forEach(100, (i, stream) -> done.incrementAndGet(i));
        workers.forEachOnFirst(100, (i, stream) -> {
            assertEquals(devices.getFirst(), stream.device());
            done.incrementAndGet(i);
        });
        int[] places = IntStream.range(0, 100).map(i -> i * i % 3).toArray();
        workers.forEachInTurn(places, (i, stream) -> {
            assertEquals(devices.get(places[i]), stream.device());
            done.incrementAndGet(i);
        });
        IntStream.range(0, 100).forEach(i -> assertEquals(3, done.get(i), "task " + i));
        workers.forEachInTurn(new int[0], (i, stream) -> done.incrementAndGet(0));
        assertEquals(3, done.get(0));
    }

    @Test
    void whatIsDoneInTurnComesBackToTheSameStream() {
        int[] places = {2, 0, 2, 2, 0};
        Stream[] first = new Stream[places.length];
        workers.forEachInTurn(places, (i, stream) -> first[i] = stream);
        workers.forEachInTurn(places, (i, stream) -> assertEquals(first[i], stream, "task " + i));
        assertEquals(first[0], first[3]);
        assertEquals(4, Set.of(first[0], first[1], first[2], first[4]).size());
        assertTrue(first[1].device() == devices.getFirst());
    }
}
