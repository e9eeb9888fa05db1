package donna.evolve;

import donna.space.Architecture;
import java.util.List;
import java.util.function.Predicate;

/** Adds newcomers to a population, each with genes that nobody has. For the captain of the crew. */
final class Brood {
    private static final int ATTEMPTS = 8;

    private final Population people;
    private final Breeding breeding;
    private final List<Architecture> known;
    private final Predicate<Architecture> taboo;
    private final Crew crew;
    private final Crew.Work draw = this::draw;
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
        crew.run(n, draw);
        int to = end;
        for (int i = 0; i < n; i++) {
            if (to != end + i) {
                people.move(end + i, to);
            }
            boolean fresh = isFresh(to);
            for (int attempt = 1; attempt < ATTEMPTS && !fresh; attempt++) {
                draw(to, child + i, attempt);
                fresh = isFresh(to);
            }
            to += fresh ? 1 : 0;
        }
        return to;
    }

    private boolean isFresh(int place) {
        return (taboo == null || !taboo.test(people.architecture(place))) && people.addIfNew(place);
    }

    private void draw(int from, int to, int worker) {
        for (int i = from; i < to; i++) {
            draw(firstPlace + i, firstChild + i, 0);
        }
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
}
