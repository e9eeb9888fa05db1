package donna.evolve;

import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Individuals of which none is at least as good as another in every goal and better in one; of those with equal values
 * the first architecture stays. Sorted by the last goal, best first, so that a front of accuracy and latency runs from
 * fast to accurate. Immutable.
 *
 * @param goals what is traded off
 * @param members the individuals
 */
public record ParetoFront(List<Problem.Goal> goals, List<Individual> members) {
    public ParetoFront {
        goals = List.copyOf(goals);
        members = List.copyOf(members);
    }

    /** The front among {@code all}; individuals with a value that is not finite are left out. */
    public static ParetoFront of(List<Problem.Goal> goals, List<Individual> all) {
        int m = goals.size();
        List<Individual> finite = all.stream().filter(Individual::isFinite).toList();
        double[] f = new double[finite.size() * m];
        for (int i = 0; i < finite.size(); i++) {
            for (int k = 0; k < m; k++) {
                f[i * m + k] = goals.get(k).maximise()
                        ? -finite.get(i).objective(k)
                        : finite.get(i).objective(k);
            }
        }
        NondominatedSort sort = new NondominatedSort(Math.max(1, finite.size()), m);
        sort.sort(f, finite.size());
        List<Individual> best = new ArrayList<>();
        for (int i = 0; i < finite.size(); i++) {
            int next = sort.columns(m - 1).at(i);
            if (sort.rank(next) == 0) {
                best.add(finite.get(next));
            }
        }
        best.sort((a, b) -> compare(goals, a, b));
        List<Individual> distinct = new ArrayList<>();
        for (Individual i : best) {
            if (distinct.isEmpty() || !distinct.getLast().isWorthAsMuchAs(i)) {
                distinct.add(i);
            }
        }
        return new ParetoFront(goals, distinct);
    }

    /** By the last goal, best first, then by the goals before it, then by architecture. */
    private static int compare(List<Problem.Goal> goals, Individual a, Individual b) {
        for (int k = goals.size() - 1; k >= 0; k--) {
            int order = Double.compare(a.objective(k), b.objective(k));
            if (order != 0) {
                return goals.get(k).maximise() ? -order : order;
            }
        }
        return a.architecture().compareTo(b.architecture());
    }

    /** The front of this one and {@code other}, which trades off the same goals. */
    public ParetoFront union(ParetoFront other) {
        List<Individual> both = new ArrayList<>(members);
        both.addAll(other.members);
        return of(goals, both);
    }

    /**
     * The member that is best in the first goal among those whose goal {@code k}, to be minimised, is at most {@code
     * atMost}.
     */
    public Optional<Individual> best(int k, double atMost) {
        double sign = goals.getFirst().maximise() ? -1 : 1;
        return members.stream()
                .filter(i -> i.objective(k) <= atMost)
                .min(Comparator.comparingDouble(i -> sign * i.objective(0)));
    }

    /**
     * The volume between the front and a reference point, in the product of the goals' units; members beyond the
     * reference count nothing.
     *
     * @param reference one value per goal, in the goal's own direction
     * @throws DonnaException.InvalidInput unless there are one to four goals
     */
    public double hypervolume(double... reference) {
        int m = goals.size();
        if (m < 1 || m > Problem.MAX_GOALS || reference.length != m) {
            throw new DonnaException.InvalidInput("hypervolume of " + m + " goals and a reference of "
                    + reference.length + " values; expected one to four goals and as many values");
        }
        double[][] gains = members.stream()
                .map(i -> {
                    double[] gain = new double[m];
                    for (int k = 0; k < m; k++) {
                        double d = reference[k] - i.objective(k);
                        gain[k] = goals.get(k).maximise() ? -d : d;
                    }
                    return gain;
                })
                .filter(g -> Arrays.stream(g).allMatch(v -> v > 0))
                .toArray(double[][]::new);
        return Hypervolume.of(gains);
    }
}
