package donna.evolve;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that share the items 0 .. n - 1 of one piece of work after another, claiming chunks without a lock by {@link
 * Claims}. Each begins with the same share every time, which its processor may still have in its cache, and then helps
 * the others (work stealing: Blumofe and Leiserson, "Scheduling Multithreaded Computations by Work Stealing", 1999).
 * Which thread takes which chunk is left open, so work must not depend on it. {@link #run} is for one thread, the
 * captain, which works too. Between two pieces of work the others wait awake for a while, as long as each has a
 * processor, and then sleep. {@link #close} ends the threads.
 */
final class Crew implements AutoCloseable {
    private static final int SPINS = 4_000;
    private static final VarHandle DONE;
    private static final VarHandle FAILURE;
    private static final VarHandle SLEEPERS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            DONE = lookup.findVarHandle(Crew.class, "done", int.class);
            FAILURE = lookup.findVarHandle(Crew.class, "failure", Throwable.class);
            SLEEPERS = lookup.findVarHandle(Crew.class, "sleepers", int.class);
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
    private final int spins;

    /** By worker; the captain's is opened last, and tells the round. */
    private final Claims[] shares;

    /**
     * Items finished in this round: added to with release order by each thread that can claim no more, read by the
     * captain with acquire order.
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

    /** Plain, as {@code work}. */
    private int items;

    /** Plain: written before the last round is opened, read by who has seen that. */
    private boolean closed;

    /**
     * Threads that sleep or are about to: counted with volatile order before a last look at the round, and read with
     * volatile order after a round is opened, so that one of both is seen.
     */
    private int sleepers;

    Crew(int size) {
        threads = new Thread[size - 1];
        shares = new Claims[size];
        Arrays.setAll(shares, w -> new Claims());
        spins = size <= Runtime.getRuntime().availableProcessors() ? SPINS : 0;
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
    void run(int n, Work piece) {
        if (threads.length == 0 || n < 2) {
            piece.run(0, n, 0);
            return;
        }
        work = piece;
        items = n;
        chunk = Math.clamp(n / (8 * size()), 1, 512);
        failure = null;
        done = 0;
        int round = open(n);
        takeChunks(round, 0);
        for (int waits = 0; (int) DONE.getAcquire(this) < n; waits++) {
            pause(waits);
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
        open(0);
    }

    private int open(int n) {
        for (int w = shares.length - 1; w > 0; w--) {
            shares[w].open(Shares.size(n, w, shares.length));
        }
        int round = shares[0].open(Shares.size(n, 0, shares.length));
        if ((int) SLEEPERS.getVolatile(this) > 0) {
            for (Thread t : threads) {
                LockSupport.unpark(t);
            }
        }
        return round;
    }

    private void serve(int worker) {
        int round = awaitAfter(0);
        while (!closed) {
            takeChunks(round, worker);
            round = awaitAfter(round);
        }
    }

    /** Waits a moment: first on the processor, then letting others have it. Whoever sleeps instead wakes late. */
    private void pause(int waits) {
        if (waits < spins) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    }

    /** Waits for another round than {@code seen} and returns it. */
    private int awaitAfter(int seen) {
        for (int waits = 0; waits < 2 * spins; waits++) {
            int round = shares[0].round();
            if (round != seen) {
                return round;
            }
            pause(waits);
        }
        SLEEPERS.getAndAdd(this, 1);
        int round = shares[0].round();
        while (round == seen) {
            LockSupport.park(this);
            round = shares[0].round();
        }
        SLEEPERS.getAndAdd(this, -1);
        return round;
    }

    private void takeChunks(int round, int worker) {
        int mine = 0;
        for (int i = 0; i < shares.length; i++) {
            int w = (worker + i) % shares.length;
            for (long c = shares[w].claim(round, chunk); c != Claims.NOTHING; c = shares[w].claim(round, chunk)) {
                int begin = Shares.start(items, w, shares.length);
                try {
                    work.run(begin + Claims.first(c), begin + Claims.end(c), worker);
                } catch (RuntimeException | Error e) {
                    FAILURE.compareAndSet(this, null, e);
                }
                mine += Claims.end(c) - Claims.first(c);
            }
        }
        if (mine > 0) {
            DONE.getAndAddRelease(this, mine);
        }
    }
}
