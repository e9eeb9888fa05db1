package donna.cli;

import donna.jobs.Progress;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Shows work on the console: on a terminal a line that is rewritten a few times a second, elsewhere a line every ten seconds; both with the rate and
 * the time left. Thread-safe.
 */
final class ConsoleProgress implements Progress {
    private static final long TERMINAL_NS = 200_000_000L;
    private static final long PLAIN_NS = 10_000_000_000L;

    private final Console console;
    private final BooleanSupplier cancelled;
    private final LongSupplier nanoTime;
    private String phase = "";
    private long phaseStart;
    private long lastShown;
    private long firstDone = -1;
    private long firstAt;

    ConsoleProgress(Console console, BooleanSupplier cancelled, LongSupplier nanoTime) {
        this.console = console;
        this.cancelled = cancelled;
        this.nanoTime = nanoTime;
    }

    @Override
    public synchronized void phase(String name) {
        finish();
        phase = name;
        phaseStart = nanoTime.getAsLong();
        lastShown = phaseStart;
        firstDone = -1;
        if (!console.terminal()) {
            console.note(name);
        } else {
            console.status(name);
        }
    }

    /** Says how long the last phase took. */
    synchronized void finish() {
        if (!phase.isEmpty()) {
            console.note("%s: %s".formatted(phase, duration(nanoTime.getAsLong() - phaseStart)));
            phase = "";
        }
    }

    @Override
    public synchronized void update(long done, long total, String unit) {
        long now = nanoTime.getAsLong();
        if (firstDone < 0 || done < firstDone) {
            firstDone = done;
            firstAt = now;
        }
        if (now - lastShown < (console.terminal() ? TERMINAL_NS : PLAIN_NS)) {
            return;
        }
        lastShown = now;
        String text = "%s: %,d of %,d %s%s".formatted(phase, done, total, unit, rate(done, total, unit, now));
        if (console.terminal()) {
            console.status(text);
        } else {
            console.note(text);
        }
    }

    /** Measured from the first update on, so that work taken over from an earlier run does not count. */
    private String rate(long done, long total, String unit, long now) {
        if (done == firstDone || now == firstAt) {
            return "";
        }
        double perSecond = (done - firstDone) * 1e9 / (now - firstAt);
        return String.format(Locale.ROOT, ", %.3g %s/s, %s left", perSecond, unit, duration((long) ((total - done) / perSecond * 1e9)));
    }

    @Override
    public synchronized void line(String text) {
        console.note(text);
    }

    @Override
    public boolean cancelled() {
        return cancelled.getAsBoolean();
    }

    private static String duration(long ns) {
        long s = Math.round(ns / 1e9);
        if (s < 60) {
            return String.format(Locale.ROOT, ns < 10_000_000_000L ? "%.1f s" : "%.0f s", ns / 1e9);
        }
        return s < 3600 ? "%d min %02d s".formatted(s / 60, s % 60) : "%d h %02d min".formatted(s / 3600, s % 3600 / 60);
    }
}
