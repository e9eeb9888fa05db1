package donna.evolve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How far a search is, and whether it is to stop. One thread. */
final class Course {
    /** Generations in a row without one new architecture, after which the space counts as exhausted. */
    private static final int BARREN = 16;

    private final Stop stop;
    private final long start = System.nanoTime();
    private long spentBefore;
    private long generations;
    private long evaluations;
    private int barren;
    private double[] reference = {};
    private final List<Double> volumes = new ArrayList<>();

    /** @param spentNanos what was searched before, where the search goes on */
    Course(Stop stop, long spentNanos) {
        this.stop = stop;
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

    static Course of(Stop stop, State s) {
        Course c = new Course(stop, s.spentNanos());
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

    void rated(int n) {
        evaluations += n;
    }

    /** A generation has been selected, of which {@code born} are new. */
    void generationEnded(Population people, int born) {
        generations++;
        barren = born == 0 ? barren + 1 : 0;
        if (stop.window() > 0) {
            if (reference.length == 0) {
                reference = worst(people);
            }
            volumes.add(volume(people));
            if (volumes.size() > stop.window() + 1) {
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

    private boolean stagnant() {
        if (stop.window() == 0 || volumes.size() <= stop.window()) {
            return false;
        }
        double before = volumes.getFirst();
        return before > 0 && volumes.getLast() - before <= stop.gain() * before;
    }

    /** The worst values of the first generation; empty as long as none is finite. */
    private static double[] worst(Population people) {
        double[] worst = {};
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
        return worst;
    }

    private double volume(Population people) {
        List<double[]> gains = new ArrayList<>();
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
        return Hypervolume.of(gains.toArray(double[][]::new));
    }
}
