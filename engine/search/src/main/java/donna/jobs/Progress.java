package donna.jobs;

import donna.tensor.DonnaException;

/** Told how long work goes on. Called from any thread; implementations return at once. */
public interface Progress {
    /** A phase begins. */
    void phase(String name);

    /** {@code done} of {@code total} in this phase. */
    void update(long done, long total, String unit);

    /** Something worth a line. */
    void line(String text);

    /** Whether the user asked to stop; work then ends at the next safe point. */
    default boolean cancelled() {
        return false;
    }

    /** @throws DonnaException.Cancelled if the user asked to stop */
    default void check() {
        if (cancelled()) {
            throw new DonnaException.Cancelled("stopped; what was finished is kept");
        }
    }

    /** Tells nobody. */
    Progress NONE = new Progress() {
        @Override
        public void phase(String name) {}

        @Override
        public void update(long done, long total, String unit) {}

        @Override
        public void line(String text) {}
    };
}
