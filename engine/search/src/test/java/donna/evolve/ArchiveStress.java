package donna.evolve;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import donna.space.Architecture;
import java.util.List;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** What threads that offer to one archive at the same time may see; run by {@code StressIT}. */
public final class ArchiveStress {
    private static final List<Problem.Goal> GOALS =
            List.of(new Problem.Goal("loss", false), new Problem.Goal("latencyMs", false));

    private ArchiveStress() {}

    /** Two offers of which neither is better are both kept. */
    @JCStressTest
    @Outcome(id = "2", expect = ACCEPTABLE, desc = "both are members")
    @Outcome(expect = FORBIDDEN, desc = "an offer was lost")
    @State
    public static class TradeOff {
        private final ParetoArchive archive = new ParetoArchive(GOALS);

        @Actor
        public void one() {
            archive.offer(new Architecture(1), 1, 2);
        }

        @Actor
        public void other() {
            archive.offer(new Architecture(2), 2, 1);
        }

        @Arbiter
        public void count(I_Result r) {
            r.r1 = archive.size();
        }
    }

    /** The better of two offers ends as the only member, and so does the first architecture of equals. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "the first of the two best")
    @Outcome(expect = FORBIDDEN, desc = "a worse or a later one")
    @State
    public static class Better {
        private final ParetoArchive archive = new ParetoArchive(GOALS);

        @Actor
        public void worseThenEqual() {
            archive.offer(new Architecture(0), 2, 2);
            archive.offer(new Architecture(2), 1, 1);
        }

        @Actor
        public void best() {
            archive.offer(new Architecture(1), 1, 1);
        }

        @Arbiter
        public void look(II_Result r) {
            r.r1 = archive.size();
            r.r2 = archive.front().members().getFirst().architecture().choice(0);
        }
    }

    /** A reader sees a version whole: the member before, or the one that replaced it, with its own values. */
    @JCStressTest
    @Outcome(id = {"1, 2", "1, 1"}, expect = ACCEPTABLE, desc = "before or after")
    @Outcome(expect = FORBIDDEN, desc = "something between")
    @State
    public static class Reading {
        private final ParetoArchive archive = new ParetoArchive(GOALS);

        public Reading() {
            archive.offer(new Architecture(2), 2, 2);
        }

        @Actor
        public void offer() {
            archive.offer(new Architecture(1), 1, 1);
        }

        @Actor
        public void read(II_Result r) {
            List<Individual> members = archive.front().members();
            Individual only = members.getFirst();
            boolean whole = only.objective(0) == only.architecture().choice(0);
            r.r1 = members.size();
            r.r2 = whole ? only.architecture().choice(0) : -1;
        }
    }
}
