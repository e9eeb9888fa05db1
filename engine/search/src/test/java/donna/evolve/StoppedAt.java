package donna.evolve;

import donna.jobs.Progress;
import java.util.concurrent.atomic.AtomicInteger;

/** Stops a search as soon as {@code measurements} are made; {@code done} are the last that it was told of. */
record StoppedAt(int measurements, AtomicInteger done) implements Progress {
    StoppedAt(int measurements) {
        this(measurements, new AtomicInteger());
    }

    @Override
    public void phase(String name) {}

    @Override
    public void update(long now, long total, String unit) {
        done.set((int) now);
    }

    @Override
    public void line(String text) {}

    @Override
    public boolean cancelled() {
        return done.get() >= measurements;
    }
}
