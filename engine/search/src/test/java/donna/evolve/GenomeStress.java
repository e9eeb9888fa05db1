package donna.evolve;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** What threads that write genomes and claim them at the same time may get; run by {@code StressIT}. */
public final class GenomeStress {
    private GenomeStress() {}

    /** Of two equal genomes and a third with the same hash, one is lost, and it is the higher of the equal places. */
    @JCStressTest
    @Outcome(id = "1, 3", expect = ACCEPTABLE, desc = "one loss, of place 1")
    @Outcome(expect = FORBIDDEN, desc = "another place lost, or genes were not seen")
    @State
    public static class Equal {
        private final char[] genes = new char[3];
        private final int[] hash = new int[3];
        private final GenomeIndex index = new GenomeIndex(genes, hash, 1);
        private int lostHere;
        private int lostThere;

        @Actor
        public void low() {
            lostHere = write(0, 7) + write(2, 5);
        }

        @Actor
        public void high() {
            lostThere = write(1, 7);
        }

        /** A count of losses in the lower bits, and the places that did not lose as bits above. */
        private int write(int place, int gene) {
            genes[place] = (char) gene;
            hash[place] = 9;
            int loser = index.claim(place);
            return loser == GenomeIndex.FRESH ? 0 : 1 + (loser == 1 ? 16 : 0);
        }

        @Arbiter
        public void join(II_Result r) {
            int sum = lostHere + lostThere;
            r.r1 = sum & 15;
            r.r2 = sum >>> 4 == 1 ? 3 : 0;
        }
    }
}
