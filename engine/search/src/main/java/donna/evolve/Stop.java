package donna.evolve;

import donna.tensor.DonnaException;

/**
 * When a search ends: as soon as one of the bounds is met. Bounds are joined by {@link #or}. On several islands, time
 * and growth are looked at after every five generations.
 *
 * @param generations most generations, the first, random one included
 * @param evaluations most architectures rated
 * @param seconds looked at between generations; what it ends differs from run to run
 * @param window generations over which the front's hypervolume must grow, from the first feasible one on; 0 for no such
 *     bound; on several islands, rounded up to a multiple of five
 * @param gain share by which it must grow over the window
 */
public record Stop(long generations, long evaluations, double seconds, int window, double gain) {
    public Stop {
        if (generations < 1 || evaluations < 1 || !(seconds > 0) || window < 0 || !(gain >= 0)) {
            throw new DonnaException.InvalidInput("search to stop after " + generations + " generations, "
                    + evaluations + " evaluations, " + seconds + " s or a gain below " + gain + " in " + window
                    + " generations; expected at least 1 of each, a window and a gain of at least 0");
        }
        if (generations == Long.MAX_VALUE && evaluations == Long.MAX_VALUE && seconds == Double.POSITIVE_INFINITY
                && window == 0) {
            throw new DonnaException.InvalidInput("search without an end; bound its generations, evaluations, time or"
                    + " the growth of its front");
        }
    }

    /** After {@code n} generations. */
    public static Stop generations(long n) {
        return new Stop(n, Long.MAX_VALUE, Double.POSITIVE_INFINITY, 0, 0);
    }

    /** After {@code n} evaluations; the last generation may be a part of one. */
    public static Stop evaluations(long n) {
        return new Stop(Long.MAX_VALUE, n, Double.POSITIVE_INFINITY, 0, 0);
    }

    /** After the first generation that ends later than {@code s} seconds from the start. */
    public static Stop seconds(double s) {
        return new Stop(Long.MAX_VALUE, Long.MAX_VALUE, s, 0, 0);
    }

    /** As soon as the hypervolume has grown by no more than the share {@code gain} in {@code window} generations. */
    public static Stop stagnation(int window, double gain) {
        if (window < 1) {
            throw new DonnaException.InvalidInput(
                    "growth of the hypervolume over " + window + " generations; expected at least 1");
        }
        return new Stop(Long.MAX_VALUE, Long.MAX_VALUE, Double.POSITIVE_INFINITY, window, gain);
    }

    /**
     * By this or by {@code other}, whichever comes first.
     *
     * @throws DonnaException.InvalidInput if both bound the growth of the hypervolume
     */
    public Stop or(Stop other) {
        if (window > 0 && other.window > 0) {
            throw new DonnaException.InvalidInput("search bounded by two windows of hypervolume growth, " + window
                    + " and " + other.window + " generations; keep one");
        }
        Stop bound = window > 0 ? this : other;
        return new Stop(
                Math.min(generations, other.generations),
                Math.min(evaluations, other.evaluations),
                Math.min(seconds, other.seconds),
                bound.window,
                bound.gain);
    }
}
