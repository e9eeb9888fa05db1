package donna.train;

import donna.backend.Device;
import donna.backend.Stream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Threads with a stream each. Tasks are claimed in order by an atomic counter, so that an expensive task should come first. Owner: closes it before the
 * device. Thread rule: one {@link #forEach} at a time, from outside the workers.
 */
public final class Workers implements AutoCloseable {
    private final List<Stream> streams = new ArrayList<>();
    private final ExecutorService threads;

    /** A unit of work; {@code stream} is the running thread's own. */
    @FunctionalInterface
    public interface Task {
        void run(int index, Stream stream);
    }

    public Workers(Device device, int count) {
        for (int i = 0; i < count; i++) {
            streams.add(device.openStream());
        }
        AtomicInteger number = new AtomicInteger();
        threads = Executors.newFixedThreadPool(count, task -> {
            Thread t = new Thread(task, "donna-worker-" + number.getAndIncrement());
            t.setDaemon(true);
            return t;
        });
    }

    public int count() {
        return streams.size();
    }

    /**
     * Runs tasks 0 .. tasks - 1 and returns when all are done. The first exception stops further claims and is thrown here once the running ones ended.
     */
    public void forEach(int tasks, Task task) {
        AtomicInteger next = new AtomicInteger();
        run(tasks, task, (worker, before) -> next.getAndIncrement());
    }

    /** As {@link #forEach}, but task i is always that of worker i modulo {@link #count}: plans that stay with one stream keep what they made for it. */
    public void forEachInTurn(int tasks, Task task) {
        run(tasks, task, (worker, before) -> before < 0 ? worker : before + streams.size());
    }

    private interface Claim {
        /** The next task of a worker whose last one was {@code before}, or -1. */
        int next(int worker, int before);
    }

    private void run(int tasks, Task task, Claim claim) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        int active = Math.min(tasks, streams.size());
        CountDownLatch done = new CountDownLatch(active);
        for (int w = 0; w < active; w++) {
            int worker = w;
            Stream stream = streams.get(w);
            threads.execute(() -> {
                try {
                    for (int i = claim.next(worker, -1); i < tasks && failure.get() == null; i = claim.next(worker, i)) {
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
