package donna.evolve;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** What threads that claim at the same time may get; run by {@code StressIT}. */
public final class ClaimStress {
    private ClaimStress() {}

    /** Every item of a round is claimed once, whoever claims it. */
    @JCStressTest
    @Outcome(id = "127", expect = ACCEPTABLE, desc = "each of seven items once")
    @Outcome(expect = FORBIDDEN, desc = "an item is missing or claimed twice")
    @State
    public static class Once {
        private final Claims claims = new Claims();
        private final int round = claims.open(7);
        private int one;
        private int other;

        @Actor
        public void one() {
            one = all();
        }

        @Actor
        public void other() {
            other = all();
        }

        /** A bit per item claimed, far above them all if one is claimed twice. */
        private int all() {
            int bits = 0;
            for (long c = claims.claim(round, 2); c != Claims.NOTHING; c = claims.claim(round, 2)) {
                for (int i = Claims.first(c); i < Claims.end(c); i++) {
                    bits += 1 << i;
                }
            }
            return bits;
        }

        @Arbiter
        public void join(I_Result r) {
            r.r1 = one + other;
        }
    }

    /** What is written before a round is opened is seen by whoever claims of it. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "not open yet")
    @Outcome(id = "1, 42", expect = ACCEPTABLE, desc = "claimed, and the work is there")
    @Outcome(expect = FORBIDDEN, desc = "claimed without seeing the work")
    @State
    public static class Published {
        private final Claims claims = new Claims();
        private int work;

        @Actor
        public void open() {
            work = 42;
            claims.open(1);
        }

        @Actor
        public void claim(II_Result r) {
            if (claims.claim(1, 1) != Claims.NOTHING) {
                r.r1 = 1;
                r.r2 = work;
            }
        }
    }

    /** A thread late for one round takes nothing of the next. */
    @JCStressTest
    @Outcome(id = "2, 3", expect = ACCEPTABLE, desc = "the late one got its chunk before the round was over")
    @Outcome(id = "0, 3", expect = ACCEPTABLE, desc = "the late one got nothing")
    @Outcome(expect = FORBIDDEN, desc = "an item of the next round was taken, or lost")
    @State
    public static class Late {
        private final Claims claims = new Claims();
        private final int round = claims.open(2);
        private int late;
        private int captain;

        @Actor
        public void late() {
            long c = claims.claim(round, 2);
            late = c == Claims.NOTHING ? 0 : Claims.end(c) - Claims.first(c);
        }

        @Actor
        public void captain() {
            claims.claim(round, 2);
            int next = claims.open(3);
            for (long c = claims.claim(next, 2); c != Claims.NOTHING; c = claims.claim(next, 2)) {
                captain += Claims.end(c) - Claims.first(c);
            }
        }

        @Arbiter
        public void join(II_Result r) {
            r.r1 = late;
            r.r2 = captain;
        }
    }
}
