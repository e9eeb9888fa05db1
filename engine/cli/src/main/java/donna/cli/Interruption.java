package donna.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Ctrl-C and SIGTERM. The JVM runs this hook beside the work: the work is asked to stop, gets a moment to finish what it is writing, and the user reads
 * how to go on. Files are written whole or not at all, so that work which does not stop in time loses nothing but its last step.
 */
final class Interruption implements AutoCloseable {
    private static final long PATIENCE_MS = 1_200;

    private final Console console;
    private final String advice;
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::interrupted, "interruption");
    private volatile boolean requested;

    /**
     * Watches until {@link #close}.
     *
     * @param advice what the user reads after an interruption
     */
    Interruption(Console console, String advice) {
        this.console = console;
        this.advice = advice;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Whether the work should stop. Any thread. */
    boolean requested() {
        return requested;
    }

    private void interrupted() {
        requested = true;
        try {
            finished.await(PATIENCE_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        console.error("interrupted; " + advice);
    }

    /** The work has ended, by itself or because it was asked to. */
    @Override
    public void close() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook has the last word, and this thread must say nothing more.
            parkUntilTheEnd();
        }
    }

    private static void parkUntilTheEnd() {
        while (true) {
            LockSupport.park();
        }
    }
}
