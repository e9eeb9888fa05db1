package donna.evolve;

import donna.evolve.AdditiveProblem.Limit;
import donna.evolve.AdditiveProblem.Term;
import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The complete Pareto front of a space whose objectives are sums over blocks.
 *
 * <p>A prefix of choices that is dominated by another prefix stays dominated whatever follows, because adding the same
 * numbers keeps every
 * order, rounded sums included. So the front of the first n blocks joined with every option of the next, dominated ones
 * removed, is the
 * front of n + 1 blocks (Nemhauser and Ullmann 1969). Constrained costs take part in the dominance, and the bounds are
 * applied at the end.
 */
public final class ExactFront {
    private static final int MAX_POINTS = 40_000_000;

    private ExactFront() {}

    /**
     * Computes the front; of architectures with equal values one is named, always the same.
     *
     * @throws DonnaException.InvalidInput if objectives and constrained costs are not two or three, or a partial front
     *     outgrows memory
     */
    public static ParetoFront of(AdditiveProblem problem) {
        List<Term> terms = problem.terms().stream().distinct().toList();
        int m = terms.size();
        if (m < 2 || m > 3) {
            throw new DonnaException.InvalidInput("exact front over " + m
                    + " sums (objectives and limited costs together); two or three can be computed, use"
                    + " evolution for more");
        }
        double[] start = terms.stream()
                .mapToDouble(t -> t.maximise() ? -t.fixed() : t.fixed())
                .toArray();
        Prefixes front = new Prefixes(m, start, new int[] {-1}, new int[] {-1}, null);
        for (int n = 0; n < problem.options().length; n++) {
            front = extend(front, terms, n);
        }
        List<Individual> all = new ArrayList<>();
        for (int i = 0; i < front.size(); i++) {
            Individual individual = individual(problem, front, i);
            if (problem.limits().stream().allMatch(l -> holds(l, individual.architecture()))) {
                all.add(individual);
            }
        }
        return ParetoFront.of(problem.goals(), all);
    }

    /** Non-dominated prefixes: their values, the prefix they extend, and with which option. */
    private record Prefixes(int m, double[] values, int[] parent, int[] option, Prefixes before) {
        int size() {
            return parent.length;
        }
    }

    private static Prefixes extend(Prefixes front, List<Term> terms, int n) {
        int[] usable = usable(terms, n);
        long size = (long) front.size() * usable.length;
        if (size > MAX_POINTS) {
            throw new DonnaException.InvalidInput("exact front: " + size + " partial architectures after block " + n
                    + " exceed " + MAX_POINTS + "; use evolution, or fewer objectives");
        }
        int m = front.m();
        double[] values = new double[(int) size * m];
        for (int i = 0; i < size; i++) {
            for (int k = 0; k < m; k++) {
                double added = terms.get(k).blocks()[n][usable[i % usable.length]];
                values[i * m + k] = front.values()[i / usable.length * m + k]
                        + (terms.get(k).maximise() ? -added : added);
            }
        }
        int[] order = new int[(int) size];
        Arrays.setAll(order, i -> i);
        new IndexSort(order.length).lexicographic(order, order.length, values, m);
        int kept = Staircase.keep(order, values, m);
        double[] keptValues = new double[kept * m];
        int[] parent = new int[kept];
        int[] option = new int[kept];
        for (int i = 0; i < kept; i++) {
            System.arraycopy(values, order[i] * m, keptValues, i * m, m);
            parent[i] = order[i] / usable.length;
            option[i] = usable[order[i] % usable.length];
        }
        return new Prefixes(m, keptValues, parent, option, front);
    }

    private static int[] usable(List<Term> terms, int n) {
        int[] options = IntStream.range(0, terms.getFirst().blocks()[n].length)
                .filter(m -> terms.stream().allMatch(t -> Double.isFinite(t.blocks()[n][m])))
                .toArray();
        if (options.length == 0) {
            throw new DonnaException.InvalidInput("exact front: block " + n
                    + " has no candidate with finite values; train or measure its candidates again");
        }
        return options;
    }

    private static Individual individual(AdditiveProblem problem, Prefixes front, int i) {
        int[] choices = new int[problem.options().length];
        Prefixes at = front;
        int point = i;
        for (int n = choices.length - 1; n >= 0; n--) {
            choices[n] = at.option()[point];
            point = at.parent()[point];
            at = at.before();
        }
        double[] objectives =
                problem.objectives().stream().mapToDouble(t -> t.of(choices)).toArray();
        return new Individual(new Architecture(choices), objectives);
    }

    private static boolean holds(Limit limit, Architecture architecture) {
        return limit.term().of(architecture.choices()) <= limit.atMost();
    }
}
