package donna.evolve;

import donna.space.Architecture;
import java.util.List;
import java.util.function.Predicate;

/** Adds newcomers to a population, each with genes that nobody has. One thread. */
final class Brood {
    private static final int ATTEMPTS = 8;

    private final Population people;
    private final Breeding breeding;
    private final List<Architecture> known;
    private final Predicate<Architecture> taboo;

    /**
     * @param known architectures of the first generation; the rest of it is random
     * @param taboo never drawn; null where nothing is
     */
    Brood(Population people, Breeding breeding, List<Architecture> known, Predicate<Architecture> taboo) {
        this.people = people;
        this.breeding = breeding;
        this.known = known;
        this.taboo = taboo;
    }

    /**
     * Writes up to {@code n} newcomers to the places from {@code end} on; those that find no new genes after some
     * attempts are dropped. All that stand before them are indexed.
     *
     * @param child number of the first newcomer in its generation; 0 is the random generation
     * @return where the newcomers end
     */
    int append(int end, int n, long generation, long child) {
        int place = end;
        for (int i = 0; i < n; i++) {
            int attempt = 0;
            while (attempt < ATTEMPTS && !draw(place, generation, child + i, attempt)) {
                attempt++;
            }
            place += attempt < ATTEMPTS ? 1 : 0;
        }
        return place;
    }

    /** Draws genes; whether they are new. */
    private boolean draw(int place, long generation, long child, int attempt) {
        if (generation == 0 && attempt == 0 && child < known.size()) {
            people.put(known.get((int) child), place);
        } else {
            if (generation > 0) {
                breeding.child(people, place, generation, child, attempt);
            } else {
                breeding.random(people.genes, place * people.blocks, child, attempt);
            }
            people.genesWritten(place);
        }
        return (taboo == null || !taboo.test(people.architecture(place))) && people.index().claim(place);
    }
}
