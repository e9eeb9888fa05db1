package donna.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The two output streams. Results go to standard output; everything else to standard error, where a terminal has one line that is rewritten and
 * any other reader gets plain lines with a time stamp. Thread-safe.
 */
final class Console {
    private static final String ERASE_LINE = "\r\u001b[K";

    private final PrintStream out;
    private final PrintStream err;
    private final boolean terminal;
    private boolean quiet;
    private boolean statusShown;

    Console(PrintStream out, PrintStream err, boolean terminal) {
        this.out = out;
        this.err = err;
        this.terminal = terminal;
    }

    /** The process's own streams; the launcher says in {@code donna.terminal} whether standard error is a terminal. */
    static Console ofProcess() {
        return new Console(System.out, System.err, Boolean.getBoolean("donna.terminal"));
    }

    boolean terminal() {
        return terminal;
    }

    synchronized boolean quiet() {
        return quiet;
    }

    /** With {@code on}, {@link #note} and {@link #status} say nothing. */
    synchronized void quiet(boolean on) {
        quiet = on;
    }

    /** Standard output, for whole texts such as help. */
    PrintWriter writer() {
        return new PrintWriter(out, true);
    }

    /** A line of the result. */
    synchronized void print(String line) {
        clearStatus();
        out.println(line);
        out.flush();
    }

    /** A line about what is going on. */
    synchronized void note(String line) {
        if (!quiet) {
            clearStatus();
            err.println(terminal ? line : Instant.now().truncatedTo(ChronoUnit.SECONDS) + " " + line);
            err.flush();
        }
    }

    /** Rewrites the terminal's status line; nothing elsewhere. */
    synchronized void status(String line) {
        if (terminal && !quiet) {
            err.print(ERASE_LINE + line);
            err.flush();
            statusShown = true;
        }
    }

    /** What went wrong, in one sentence. */
    synchronized void error(String sentence) {
        clearStatus();
        err.println("donna: " + sentence);
        err.flush();
    }

    synchronized void stackTrace(Throwable failure) {
        clearStatus();
        failure.printStackTrace(err);
    }

    private void clearStatus() {
        if (statusShown) {
            err.print(ERASE_LINE);
            statusShown = false;
        }
    }
}
