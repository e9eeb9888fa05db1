package donna.train;

import donna.backend.Device;
import donna.backend.Stream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;

/**
 * Threads with a stream each, as many for each of some devices. Tasks are claimed in order by an atomic counter, so that a fast device does more of them and an
 * expensive task should come first. Owner: closes it before the devices. Thread rule: one {@code forEach} at a time, from outside the workers.
 */
public final class Workers implements AutoCloseable {
    private final List<Device> devices;
    private final int countEach;

    /** Worker {@code w} is of device {@code w} modulo their number, so that few tasks are spread over the devices. */
    private final List<Stream> streams = new ArrayList<>();

    private final ExecutorService threads;

    /** A unit of work; {@code stream} is the running thread's own, and everything that the task makes is made on the stream's device. */
    @FunctionalInterface
    public interface Task {
        void run(int index, Stream stream);
    }

    /** Workers of one device. */
    public Workers(Device device, int count) {
        this(List.of(device), count);
    }

    /** @param countEach workers of each device */
    public Workers(List<Device> devices, int countEach) {
        this.devices = List.copyOf(devices);
        this.countEach = countEach;
        for (int w = 0; w < devices.size() * countEach; w++) {
            streams.add(devices.get(w % devices.size()).openStream());
        }
        AtomicInteger number = new AtomicInteger();
        threads = Executors.newFixedThreadPool(streams.size(), task -> {
            Thread t = new Thread(task, "donna-worker-" + number.getAndIncrement());
            t.setDaemon(true);
            return t;
        });
    }

    public List<Device> devices() {
        return devices;
    }

    /** Workers of all devices together. */
    public int count() {
        return streams.size();
    }

    /** Workers of each device. */
    public int countEach() {
        return countEach;
    }

    /**
     * Runs tasks 0 .. tasks - 1, each on any device, and returns when all are done. The first exception stops further claims and is thrown here once the
     * running ones ended.
     */
    public void forEach(int tasks, Task task) {
        AtomicInteger next = new AtomicInteger();
        run(tasks, 1, task, worker -> upTo(tasks, next));
    }

    /** As {@link #forEach}, by workers of the first device alone. */
    public void forEachOnFirst(int tasks, Task task) {
        AtomicInteger next = new AtomicInteger();
        run(Math.min(tasks, countEach), devices.size(), task, worker -> upTo(tasks, next));
    }

    private static IntSupplier upTo(int tasks, AtomicInteger next) {
        return () -> {
            int i = next.getAndIncrement();
            return i < tasks ? i : -1;
        };
    }

    /**
     * As {@link #forEach}, but task i runs on device {@code places[i]}, and for the same places always by the same worker, those of a device taking turns:
     * plans that stay with one stream keep what they made for it.
     */
    public void forEachInTurn(int[] places, Task task) {
        int[] workers = new int[places.length];
        int[] turns = new int[devices.size()];
        for (int i = 0; i < places.length; i++) {
            workers[i] = places[i] + devices.size() * (turns[places[i]]++ % countEach);
        }
        int last = Arrays.stream(workers).max().orElse(-1);
        run(last + 1, 1, task, worker -> {
            int[] own = IntStream.range(0, workers.length).filter(i -> workers[i] == worker).toArray();
            AtomicInteger at = new AtomicInteger();
            return () -> at.get() < own.length ? own[at.getAndIncrement()] : -1;
        });
    }

    private interface Claims {
        /** Gives the tasks of a worker one after another, then -1. */
        IntSupplier of(int worker);
    }

    /** Lets {@code active} workers, or as many as there are, work: numbers 0, {@code apart}, twice that and so on. */
    private void run(int active, int apart, Task task, Claims claims) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        int count = Math.min(active, streams.size() / apart);
        CountDownLatch done = new CountDownLatch(count);
        for (int n = 0; n < count; n++) {
            Stream stream = streams.get(n * apart);
            IntSupplier claim = claims.of(n * apart);
            threads.execute(() -> {
                try {
                    for (int i = claim.getAsInt(); i >= 0 && failure.get() == null; i = claim.getAsInt()) {
                        task.run(i, stream);
                    }
                } catch (RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                } finally {
                    done.countDown();
                }
            });
        }
        await(done);
        switch (failure.get()) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    /** Waits without giving up: the tasks use memory that the caller frees afterwards. */
    private static void await(CountDownLatch done) {
        boolean interrupted = false;
        while (true) {
            try {
                done.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        threads.shutdown();
        streams.forEach(Stream::close);
    }
}
