package donna.evolve;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that share the items 0 .. n - 1 of one piece of work after another, claiming chunks without a lock by {@link
 * Claims}. Which thread takes which chunk is left open, so work must not depend on it. {@link #run} is for one thread,
 * the captain, which works too. {@link #close} ends the threads.
 */
final class Crew implements AutoCloseable {
    private static final int SPINS = 2_000;
    private static final long PARK_NANOS = 1_000_000;
    private static final VarHandle DONE;
    private static final VarHandle FAILURE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            DONE = lookup.findVarHandle(Crew.class, "done", int.class);
            FAILURE = lookup.findVarHandle(Crew.class, "failure", Throwable.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * Items {@code from} to {@code to - 1}; {@code worker} is a number below the crew's size that no other thread has
     * at the time.
     */
    interface Work {
        void run(int from, int to, int worker);
    }

    private final Thread[] threads;
    private final Claims claims = new Claims();

    /**
     * Items finished in this round: added to with release order after the work, read by the captain with acquire order.
     */
    private int done;

    /** The first failure of this round: set once by compare-and-set before the chunk is counted as done. */
    private Throwable failure;

    /**
     * Plain: written before the round is opened and seen by whoever claims of it; stable as long as a claimed chunk of
     * the round is unfinished.
     */
    private Work work;

    /** Plain, as {@code work}. */
    private int chunk = 1;

    /** Volatile: written once, by {@link #close}. */
    private volatile boolean closed;

    Crew(int size) {
        threads = new Thread[size - 1];
        for (int i = 0; i < threads.length; i++) {
            int worker = i + 1;
            threads[i] = Thread.ofPlatform().daemon().name("evolve-" + worker).start(() -> serve(worker));
        }
    }

    /** Number of threads that work, the captain included. */
    int size() {
        return threads.length + 1;
    }

    /** Does all {@code n} items and returns when they are done; throws what the first failing chunk threw. */
    void run(int n, Work items) {
        if (threads.length == 0) {
            items.run(0, n, 0);
            return;
        }
        work = items;
        chunk = Math.clamp(n / (4 * size()), 1, 512);
        failure = null;
        done = 0;
        int round = claims.open(n);
        for (Thread t : threads) {
            LockSupport.unpark(t);
        }
        takeChunks(round, 0);
        for (int spins = 0; (int) DONE.getAcquire(this) < n; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Thread t : threads) {
            LockSupport.unpark(t);
        }
    }

    private void serve(int worker) {
        int seen = 0;
        int idle = 0;
        while (!closed) {
            int round = claims.round();
            if (round != seen) {
                takeChunks(round, worker);
                seen = round;
                idle = 0;
            } else if (idle++ < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(this, PARK_NANOS);
            }
        }
    }

    private void takeChunks(int round, int worker) {
        for (long c = claims.claim(round, chunk); c != Claims.NOTHING; c = claims.claim(round, chunk)) {
            int first = Claims.first(c);
            int end = Claims.end(c);
            try {
                work.run(first, end, worker);
            } catch (RuntimeException | Error e) {
                FAILURE.compareAndSet(this, null, e);
            }
            DONE.getAndAddRelease(this, end - first);
        }
    }
}
