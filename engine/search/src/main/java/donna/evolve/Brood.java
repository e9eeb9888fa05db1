package donna.evolve;

import donna.space.Architecture;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * Adds newcomers to a population, each with genes that nobody has. For the captain of the crew.
 *
 * <p>In rounds, every newcomer without genes of its own draws some and claims them; of equal ones the first newcomer
 * keeps them, and the others draw again in the next round. As all prefer the same newcomers, this ends as if one after
 * the other had drawn until nobody before it had the same (deferred acceptance: Gale and Shapley, "College Admissions
 * and the Stability of Marriage", 1962), whatever the number of threads.
 */
final class Brood {
    private static final int ATTEMPTS = 8;
    private static final VarHandle LOSERS;

    static {
        try {
            LOSERS = MethodHandles.lookup().findVarHandle(Brood.class, "losers", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Population people;
    private final Breeding breeding;
    private final List<Architecture> known;
    private final Predicate<Architecture> taboo;
    private final Crew crew;
    private final Crew.Work drawFirst = this::drawFirst;
    private final Crew.Work drawAgain = this::drawAgain;

    /**
     * Plain: attempts that newcomer i has lost. Written by the thread that rejects or displaces it, at most once in a
     * round, and read in the next one.
     */
    private final byte[] lost;

    /** Plain: 1 for who draws in this round; written by who draws, and the next round's flags as {@code lost}. */
    private byte[] drawing;

    private byte[] drawingNext;

    /** Of this round: added to with release order, read by the captain when all have drawn. */
    private int losers;

    private long generation;
    private long firstChild;
    private int firstPlace;

    /**
     * @param known architectures of the first generation; the rest of it is random
     * @param taboo never drawn; null where nothing is
     */
    Brood(
            Population people,
            Breeding breeding,
            List<Architecture> known,
            Predicate<Architecture> taboo,
            Crew crew) {
        this.people = people;
        this.breeding = breeding;
        this.known = known;
        this.taboo = taboo;
        this.crew = crew;
        lost = new byte[people.capacity];
        drawing = new byte[people.capacity];
        drawingNext = new byte[people.capacity];
    }

    /**
     * Writes up to {@code n} newcomers to the places from {@code end} on; those that find no new genes after some
     * attempts are dropped. All that stand before them are indexed.
     *
     * @param child number of the first newcomer in its generation; 0 is the random generation
     * @return where the newcomers end
     */
    int append(int end, int n, long generation, long child) {
        this.generation = generation;
        firstChild = child;
        firstPlace = end;
        Arrays.fill(lost, 0, n, (byte) 0);
        losers = 0;
        crew.run(n, drawFirst);
        while (losers > 0) {
            byte[] drawn = drawing;
            drawing = drawingNext;
            drawingNext = drawn;
            losers = 0;
            crew.run(n, drawAgain);
        }
        return closeRanks(n);
    }

    private void drawFirst(int from, int to, int worker) {
        int behind = 0;
        for (int i = from; i < to; i++) {
            behind += draw(i);
        }
        LOSERS.getAndAddRelease(this, behind);
    }

    private void drawAgain(int from, int to, int worker) {
        int behind = 0;
        for (int i = from; i < to; i++) {
            if (drawing[i] != 0) {
                drawing[i] = 0;
                behind += draw(i);
            }
        }
        if (behind > 0) {
            LOSERS.getAndAddRelease(this, behind);
        }
    }

    /** Draws for newcomer {@code i}; how many must draw again for it, which may be another: none or one. */
    private int draw(int i) {
        int place = firstPlace + i;
        draw(place, firstChild + i, lost[i]);
        boolean barred = taboo != null && taboo.test(people.architecture(place));
        int loser = barred ? place : people.index().claim(place);
        if (loser == GenomeIndex.FRESH) {
            return 0;
        }
        int l = loser - firstPlace;
        lost[l]++;
        if (lost[l] == ATTEMPTS) {
            return 0;
        }
        drawingNext[l] = 1;
        return 1;
    }

    private void draw(int place, long child, int attempt) {
        if (generation > 0) {
            breeding.child(people, place, generation, child, attempt);
            people.genesWritten(place);
        } else if (attempt == 0 && child < known.size()) {
            people.put(known.get((int) child), place);
        } else {
            breeding.random(people.genes, place * people.blocks, child, attempt);
            people.genesWritten(place);
        }
    }

    /** Lets those behind the dropped move up; where they end. */
    private int closeRanks(int n) {
        int to = firstPlace;
        for (int i = 0; i < n; i++) {
            if (lost[i] < ATTEMPTS) {
                if (to != firstPlace + i) {
                    people.move(firstPlace + i, to);
                }
                to++;
            }
        }
        if (to < firstPlace + n) {
            people.indexAll(to);
        }
        return to;
    }
}
