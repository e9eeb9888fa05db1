package donna.backend;

import donna.tensor.DonnaException;

/** A way to run graphs, found by {@link java.util.ServiceLoader}. Stateless and thread-safe. */
public interface BackendProvider {
    /** Short name used by {@code --device}: {@code reference}, {@code cpu}, {@code cuda}. */
    String name();

    /** Higher is tried first by {@code auto}. */
    int priority();

    /** Looks whether the backend can be used here; never throws. */
    Availability probe();

    /**
     * Opens device {@code index}; the caller closes it.
     *
     * @throws DonnaException.Unavailable if {@link #probe} says no, or there is no such device
     */
    Device open(int index);

    /**
     * Whether a backend can be used.
     *
     * @param usable yes or no
     * @param detail the device and library version in words, or the reason why not and what to do
     */
    record Availability(boolean usable, String detail) {
        public static Availability yes(String detail) {
            return new Availability(true, detail);
        }

        public static Availability no(String reason) {
            return new Availability(false, reason);
        }
    }
}
