package donna.evolve;

import donna.space.Architecture;
import donna.spec.Json;
import donna.tensor.DonnaException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * NSGA-II for those who rate architectures themselves: {@link #ask} for some, rate them anyhow and anywhere, {@link
 * #tell} their values, until it has {@link #ended}. Every telling selects the survivors anew, so that telling one at a
 * time is the steady-state form of the algorithm, and asking and telling whole populations gives the same bits as
 * {@link Evolution#run} on one island. What is asked is a function of the seed and of what was asked and told before.
 * One thread.
 *
 * <pre>{@code
 * while (!search.ended()) {
 *     List<Architecture> some = search.ask(8);
 *     search.tell(some.stream().map(this::measure).toList());
 * }
 * }</pre>
 */
public final class AskTell {
    private static final int BARREN = 16;

    private final Evolution evolution;
    private final int[] options;
    private final List<Problem.Goal> goals;
    private final boolean once;
    private final String fingerprint;
    private final Population people;
    private final Brood brood;
    private final Set<Architecture> told = new HashSet<>();
    private final List<Architecture> open = new ArrayList<>();
    private Course course;
    private long asked;
    private long round;
    private long askedInRound;
    private long toldInGeneration;
    private int barren;

    /**
     * A search that nothing has been asked of.
     *
     * @param evolution of one island
     * @param options of each block
     * @param goals in the order of the values told
     * @param known asked for first
     * @param once whether nothing is ever asked for twice; otherwise only what survives or is being rated is not
     * @throws DonnaException.InvalidInput if there are several islands, or an architecture is not in the space
     */
    public AskTell(
            Evolution evolution,
            int[] options,
            List<Problem.Goal> goals,
            List<Architecture> known,
            boolean once) {
        Problem.check(options, goals, known);
        evolution.checkOneIsland("asking and telling");
        this.evolution = evolution;
        this.options = options.clone();
        this.goals = List.copyOf(goals);
        this.once = once;
        fingerprint = Json.hash(List.of(evolution, options, goals, known, once));
        people = new Population(evolution.population(), options.length, goals.size());
        Breeding breeding = new Breeding(evolution.seed(), this.options, evolution.variation());
        brood = new Brood(people, breeding, List.copyOf(known), once ? told::contains : null);
        course = new Course(evolution.stop(), 1, 0);
    }

    /**
     * Asks for architectures to rate; they differ from each other, from the survivors and from all that are being
     * rated.
     *
     * @param n how many
     * @return as many, or fewer where the search ends or no new ones were found
     * @throws DonnaException.InvalidInput if more than a population would be asked for and not told
     */
    public List<Architecture> ask(int n) {
        if (n < 1 || open.size() + n > evolution.population()) {
            throw new DonnaException.InvalidInput("ask for " + n + " architectures while " + open.size()
                    + " are not told; expected at least 1 and together at most the population of "
                    + evolution.population());
        }
        int wanted = ended() ? 0 : (int) Math.min(n, course.evaluationsLeft() - open.size());
        List<Architecture> some = new ArrayList<>();
        while (wanted > 0) {
            boolean first = asked < evolution.population() || people.size < 2;
            int now = asked < evolution.population() ? (int) Math.min(wanted, evolution.population() - asked) : wanted;
            int end = people.size + open.size();
            int to = brood.append(end, now, first ? 0 : round, first ? asked : askedInRound);
            for (int i = end; i < to; i++) {
                open.add(people.architecture(i));
                some.add(open.getLast());
            }
            asked += now;
            askedInRound += first ? 0 : now;
            wanted -= now;
        }
        barren = some.isEmpty() ? barren + 1 : 0;
        return some;
    }

    /** The architectures asked for and not told, the first asked first. */
    public List<Architecture> open() {
        return List.copyOf(open);
    }

    /** Tells the ratings of the architectures that were asked for first, in that order. */
    public void tell(List<Rating> ratings) {
        if (ratings.size() > open.size()) {
            throw new DonnaException.InvalidInput("told " + ratings.size() + " ratings, while " + open.size()
                    + " architectures are to be told; expected at most as many");
        }
        accept(List.copyOf(open.subList(0, ratings.size())), ratings);
    }

    /** Tells the rating of one architecture that was asked for. */
    public void tell(Architecture architecture, Rating rating) {
        if (!open.contains(architecture)) {
            throw new DonnaException.InvalidInput(
                    "told a rating of " + architecture + ", which was not asked for or has been told; expected one of "
                            + open.size() + " that are open");
        }
        accept(List.of(architecture), List.of(rating));
    }

    private void accept(List<Architecture> some, List<Rating> ratings) {
        for (Rating r : ratings) {
            if (!r.isFailed() && r.objectives().length != goals.size()) {
                throw new DonnaException.InvalidInput(
                        "told the values " + r + "; expected one for each of " + goals.size() + " goals");
            }
        }
        boolean[] maximise = Problem.directions(goals);
        double[] nothing = new double[goals.size()];
        Arrays.fill(nothing, Double.POSITIVE_INFINITY);
        for (int i = 0; i < some.size(); i++) {
            Rating r = ratings.get(i);
            people.put(some.get(i), people.size + i);
            Rater.put(people, people.size + i, r.isFailed() ? nothing : r.objectives(), r.excess(), maximise);
        }
        people.select(0, people.size + some.size());
        open.removeAll(Set.copyOf(some));
        if (once) {
            told.addAll(some);
        }
        indexOpen();
        round++;
        askedInRound = 0;
        course.rated(some.size());
        toldInGeneration += some.size();
        if (toldInGeneration >= evolution.population()) {
            toldInGeneration -= evolution.population();
            course.generationsEnded(1, some.size(), people);
        }
    }

    private void indexOpen() {
        for (int i = 0; i < open.size(); i++) {
            people.put(open.get(i), people.size + i);
            people.index().claim(people.size + i);
        }
    }

    /** Whether a bound is met, or no new architectures are found. */
    public boolean ended() {
        return course.ended() || barren >= BARREN && open.isEmpty();
    }

    /** How many have been told. */
    public long evaluations() {
        return evolution.stop().evaluations() - course.evaluationsLeft();
    }

    /** Adds time spent before, where it is told again what it was told then. */
    void spent(double seconds) {
        course.spent((long) (seconds * 1e9));
    }

    /** The feasible front of the survivors. */
    public ParetoFront front() {
        return ParetoFront.of(goals, people.best(goals));
    }

    /**
     * Everything that the search goes on from.
     *
     * @param fingerprint of what the search was made with
     * @param survivors with their values, violations, crowding and ranks in the order of {@code choices}
     * @param open asked and not told
     * @param told empty where architectures may be asked for again
     * @param counts of what was asked, told and found
     * @param reference of the hypervolumes
     * @param volumes hypervolumes of the last generations
     */
    public record State(
            String fingerprint,
            List<Architecture> survivors,
            double[] values,
            double[] violation,
            double[] crowding,
            int[] rank,
            List<Architecture> open,
            List<Architecture> told,
            long[] counts,
            double[] reference,
            List<Double> volumes) {}

    /** Writes all that {@link #resume} needs, as JSON; the file is replaced whole. */
    public void save(Path file) {
        List<Architecture> survivors = new ArrayList<>();
        for (int i = 0; i < people.size; i++) {
            survivors.add(people.architecture(i));
        }
        List<Architecture> seen = new ArrayList<>(told);
        Collections.sort(seen);
        Course.State c = course.state();
        long[] counts = {
            asked, round, askedInRound, toldInGeneration, barren, c.generations(), c.evaluations(), c.barren(),
            c.spentNanos()
        };
        Population.Standing s = people.standing();
        Json.write(
                file,
                new State(
                        fingerprint, survivors, s.values(), s.violation(), s.crowding(), s.rank(), open(), seen,
                        counts, c.reference(), c.volumes()));
    }

    /**
     * Goes on from a file that {@link #save} wrote: what follows has the same bits as if nothing had happened between.
     * All arguments but the file are those the search was made with.
     *
     * @throws DonnaException.InvalidInput if the file is of another search or was altered
     */
    public static AskTell resume(
            Path file,
            Evolution evolution,
            int[] options,
            List<Problem.Goal> goals,
            List<Architecture> known,
            boolean once) {
        AskTell search = new AskTell(evolution, options, goals, known, once);
        State s = Json.read(file, State.class);
        if (!s.fingerprint().equals(search.fingerprint)) {
            throw new DonnaException.InvalidInput(file + ": is of a search with another population, seed, space or"
                    + " other goals; resume with what it was made with, or start anew");
        }
        int n = s.survivors().size();
        int m = goals.size();
        if (n > evolution.population()
                || s.open().size() > evolution.population()
                || s.values().length != n * m
                || s.violation().length != n
                || s.crowding().length != n
                || s.rank().length != n
                || s.counts().length != 9
                || Arrays.stream(s.counts()).anyMatch(c -> c < 0)
                || s.reference().length != 0 && s.reference().length != m) {
            throw new DonnaException.InvalidInput(file + ": does not fit together; it was altered, start anew");
        }
        Problem.check(options, goals, s.survivors());
        Problem.check(options, goals, s.open());
        search.restore(s);
        return search;
    }

    private void restore(State s) {
        long[] c = s.counts();
        asked = c[0];
        round = c[1];
        askedInRound = c[2];
        toldInGeneration = c[3];
        barren = (int) c[4];
        course = Course.of(
                evolution.stop(), new Course.State(c[5], c[6], (int) c[7], s.reference(), s.volumes(), c[8]));
        people.restore(s.survivors(), new Population.Standing(s.values(), s.violation(), s.crowding(), s.rank()));
        open.addAll(s.open());
        told.addAll(s.told());
        indexOpen();
    }
}
