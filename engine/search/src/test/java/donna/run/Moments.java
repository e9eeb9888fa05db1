package donna.run;

import donna.jobs.Progress;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** Counts the moments at which a search looks whether it should stop, and asks it to stop at one of them. */
final class Moments implements Progress {
    private final String phase;
    private final long moment;
    private final AtomicLong seen = new AtomicLong();
    private final AtomicReference<String> now = new AtomicReference<>("start");
    private volatile long askedNanos;
    private volatile boolean asked;

    /**
     * @param phase in which the search is to stop; empty: in any
     * @param moment which of that phase's, from 1; 0: never
     */
    Moments(String phase, long moment) {
        this.phase = phase;
        this.moment = moment;
    }

    @Override
    public void phase(String name) {
        now.set(name);
    }

    @Override
    public void update(long done, long total, String unit) {}

    @Override
    public void line(String text) {}

    @Override
    public boolean cancelled() {
        if (phase.isEmpty() || phase.equals(now.get())) {
            long n = seen.incrementAndGet();
            if (n == moment) {
                askedNanos = System.nanoTime();
                asked = true;
            }
        }
        return asked;
    }

    /** How often the search looked in the phase so far. */
    long seen() {
        return seen.get();
    }

    boolean asked() {
        return asked;
    }

    double secondsSinceAsked() {
        return (System.nanoTime() - askedNanos) / 1e9;
    }
}
