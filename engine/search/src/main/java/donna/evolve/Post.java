package donna.evolve;

import donna.space.Architecture;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread and the one evaluation that it is given at a time. All methods are for the captain, the thread that made the
 * post; hand-over is by one word of state, without a lock. A post that is left is not used again: its thread ends when
 * its evaluation returns.
 */
final class Post {
    private static final int IDLE = 0;
    private static final int GIVEN = 1;
    private static final int DONE = 2;
    private static final int LEFT = 3;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Post.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final MeasuredEvolution.Evaluator evaluator;
    private final int goals;
    private final Thread captain = Thread.currentThread();
    private final Thread thread;

    /**
     * IDLE to GIVEN and DONE to IDLE by the captain with release order, GIVEN to DONE by the thread and anything to
     * LEFT by the captain with compare-and-set; read by both with acquire order.
     */
    private int state;

    /** Plain: written by the captain while IDLE, published by {@code state}. */
    private long number;

    /** Plain, as {@code number}. */
    private Architecture architecture;

    /** Plain: written by the thread while GIVEN, published by {@code state}. */
    private Rating rating;

    /** Plain, as {@code rating}; null where there is a rating. */
    private String failure;

    /** The captain's own. */
    private long givenNanos;

    Post(MeasuredEvolution.Evaluator evaluator, int goals) {
        this.evaluator = evaluator;
        this.goals = goals;
        thread = Thread.ofPlatform().daemon().name("evaluation").start(this::serve);
    }

    boolean isIdle() {
        return (int) STATE.getAcquire(this) == IDLE;
    }

    boolean isDone() {
        return (int) STATE.getAcquire(this) == DONE;
    }

    /** Gives an idle post an evaluation. */
    void give(long number, Architecture architecture) {
        this.number = number;
        this.architecture = architecture;
        givenNanos = System.nanoTime();
        STATE.setRelease(this, GIVEN);
        LockSupport.unpark(thread);
    }

    /** Seconds since the evaluation was given. */
    double seconds() {
        return (System.nanoTime() - givenNanos) / 1e9;
    }

    /** What an evaluation that is done gave; the post is idle from then on. */
    MeasuredEvolution.Measurement take() {
        MeasuredEvolution.Measurement m =
                new MeasuredEvolution.Measurement(number, architecture, rating, failure, seconds());
        STATE.setRelease(this, IDLE);
        return m;
    }

    /** What is recorded of an evaluation that is left alone. */
    MeasuredEvolution.Measurement timedOut() {
        String why = "took longer than %.3g s".formatted(seconds());
        return new MeasuredEvolution.Measurement(number, architecture, Rating.failed(), why, seconds());
    }

    /** Leaves the post and interrupts what it does; false if that has just been done. */
    boolean leave() {
        if (STATE.compareAndSet(this, GIVEN, LEFT)) {
            thread.interrupt();
            return true;
        }
        if (STATE.compareAndSet(this, IDLE, LEFT)) {
            LockSupport.unpark(thread);
            return true;
        }
        return false;
    }

    private void serve() {
        while (true) {
            int now = (int) STATE.getAcquire(this);
            if (now == LEFT) {
                return;
            }
            if (now == GIVEN) {
                evaluate();
                if (!STATE.compareAndSet(this, GIVEN, DONE)) {
                    return;
                }
                LockSupport.unpark(captain);
            } else {
                LockSupport.park(this);
                Thread.interrupted();
            }
        }
    }

    /** Whatever an evaluation throws is its failure: the next one may succeed. */
    private void evaluate() {
        rating = Rating.failed();
        failure = null;
        try {
            Rating r = evaluator.rate(architecture);
            if (r != null && r.objectives().length == goals) {
                rating = r;
            } else {
                failure = "gave " + r + "; expected " + goals + " values";
            }
        } catch (Throwable e) {
            failure = e.toString();
        }
        Thread.interrupted();
    }
}
