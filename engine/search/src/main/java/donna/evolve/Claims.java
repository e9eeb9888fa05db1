package donna.evolve;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The items 0 to n - 1 of one round after another, claimed in chunks without a lock: a chunk belongs to whoever's
 * compare-and-set takes it off the count of unclaimed items. Rounds are opened by one thread; any may claim.
 */
final class Claims {
    /** What a claim gives when nothing is left, or the round is over. */
    static final long NOTHING = -1;

    private static final VarHandle UNCLAIMED;

    static {
        try {
            UNCLAIMED = MethodHandles.lookup().findVarHandle(Claims.class, "unclaimed", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * Round number in the upper half, items not yet claimed in the lower. Written with volatile order when a round is
     * opened and read so by {@link #round}: of an opener and of who waits, each having told the other by volatile
     * access before, one sees the other. Read with acquire order and taken by compare-and-set in claims. A round's
     * number does not return before four billion others, so a late thread's compare-and-set fails.
     */
    private long unclaimed;

    /** The number of the round that is open; what was written before it was opened is seen from then on. */
    int round() {
        return (int) ((long) UNCLAIMED.getVolatile(this) >>> Integer.SIZE);
    }

    /** Opens a round of {@code n} items, after all of the last one are claimed, and returns its number. */
    int open(int n) {
        int round = (int) (unclaimed >>> Integer.SIZE) + 1;
        UNCLAIMED.setVolatile(this, (long) round << Integer.SIZE | n);
        return round;
    }

    /** Claims up to {@code chunk} items of a round: {@link #first} to {@link #end}, or {@link #NOTHING}. */
    long claim(int round, int chunk) {
        while (true) {
            long seen = (long) UNCLAIMED.getAcquire(this);
            int left = (int) seen;
            if ((int) (seen >>> Integer.SIZE) != round || left == 0) {
                return NOTHING;
            }
            int taken = Math.min(chunk, left);
            if (UNCLAIMED.compareAndSet(this, seen, seen - taken)) {
                return (long) (left - taken) << Integer.SIZE | left;
            }
        }
    }

    /** The first item of a claim. */
    static int first(long claim) {
        return (int) (claim >>> Integer.SIZE);
    }

    /** The item behind the last of a claim. */
    static int end(long claim) {
        return (int) claim;
    }
}
