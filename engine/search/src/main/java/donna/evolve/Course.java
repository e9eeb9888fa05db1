package donna.evolve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How far a search is, and whether it is to stop. One thread. */
final class Course {
    /** Generations in a row without one new architecture, after which the space counts as exhausted. */
    private static final int BARREN = 16;

    private final Stop stop;
    private final int every;
    private final long start = System.nanoTime();
    private long spentBefore;
    private long generations;
    private long evaluations;
    private int barren;
    private double[] reference = {};
    private final List<Double> volumes = new ArrayList<>();

    /**
     * @param every generations after which bounds are looked at
     * @param spentNanos what was searched before, where the search goes on
     */
    Course(Stop stop, int every, long spentNanos) {
        this.stop = stop;
        this.every = every;
        spentBefore = spentNanos;
    }

    /** What a course that goes on must know. */
    record State(
            long generations,
            long evaluations,
            int barren,
            double[] reference,
            List<Double> volumes,
            long spentNanos) {}

    State state() {
        return new State(
                generations, evaluations, barren, reference, volumes, spentBefore + System.nanoTime() - start);
    }

    /** One that goes on, looked at after every generation. */
    static Course of(Stop stop, State s) {
        Course c = new Course(stop, 1, s.spentNanos());
        c.generations = s.generations();
        c.evaluations = s.evaluations();
        c.barren = s.barren();
        c.reference = s.reference();
        c.volumes.addAll(s.volumes());
        return c;
    }

    /** Adds what was searched before. */
    void spent(long nanos) {
        spentBefore += nanos;
    }

    long generations() {
        return generations;
    }

    /** How many more may be rated. */
    long evaluationsLeft() {
        return stop.evaluations() - evaluations;
    }

    /** How many generations of up to {@code population} children come before bounds are looked at again. */
    int generationsAhead(int population) {
        long bounded = Math.min(stop.generations() - generations, Math.ceilDiv(evaluationsLeft(), population));
        return (int) Math.min(every, bounded);
    }

    void rated(int n) {
        evaluations += n;
    }

    /** Generations have been selected; {@code born} of the last are new. */
    void generationsEnded(int n, int born, Population... islands) {
        generations += n;
        barren = born == 0 ? barren + n : 0;
        if (stop.window() > 0) {
            if (reference.length == 0) {
                reference = worst(islands);
            }
            volumes.add(volume(islands));
            if (volumes.size() > window() + 1) {
                volumes.removeFirst();
            }
        }
    }

    boolean ended() {
        return generations >= stop.generations()
                || evaluations >= stop.evaluations()
                || barren >= BARREN
                || stop.seconds() < Double.POSITIVE_INFINITY
                        && (spentBefore + System.nanoTime() - start) / 1e9 >= stop.seconds()
                || stagnant();
    }

    /** Looks in the window of hypervolume growth. */
    private int window() {
        return Math.ceilDiv(stop.window(), every);
    }

    private boolean stagnant() {
        if (stop.window() == 0 || volumes.size() <= window()) {
            return false;
        }
        double before = volumes.getFirst();
        return before > 0 && volumes.getLast() - before <= stop.gain() * before;
    }

    /** The worst values of the first generations; empty as long as none is finite. */
    private static double[] worst(Population[] islands) {
        double[] worst = {};
        for (Population people : islands) {
            for (int i = 0; i < people.size; i++) {
                if (people.violation[i] < Double.POSITIVE_INFINITY) {
                    if (worst.length == 0) {
                        worst = new double[people.goals];
                        Arrays.fill(worst, Double.NEGATIVE_INFINITY);
                    }
                    for (int k = 0; k < people.goals; k++) {
                        worst[k] = Math.max(worst[k], people.values[i * people.goals + k]);
                    }
                }
            }
        }
        return worst;
    }

    private double volume(Population[] islands) {
        List<double[]> gains = new ArrayList<>();
        for (Population people : islands) {
            for (int i = 0; i < people.size && reference.length > 0; i++) {
                double[] gain = new double[people.goals];
                boolean inside = people.isBest(i);
                for (int k = 0; k < people.goals; k++) {
                    gain[k] = reference[k] - people.values[i * people.goals + k];
                    inside &= gain[k] > 0;
                }
                if (inside) {
                    gains.add(gain);
                }
            }
        }
        return Hypervolume.of(gains.toArray(double[][]::new));
    }
}
