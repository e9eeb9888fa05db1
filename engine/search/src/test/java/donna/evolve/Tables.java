package donna.evolve;

import donna.evolve.AdditiveProblem.Term;
import donna.graph.Mask;
import donna.space.Architecture;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Made-up block tables and their fronts by enumeration. */
final class Tables {
    private Tables() {}

    /** Slower blocks are better, with scatter: the first goal is a loss to minimise, the further ones costs. */
    static AdditiveProblem problem(long seed, int blocks, int options, int goals) {
        List<Term> terms = new ArrayList<>();
        double[][] cost = table(seed, blocks, options);
        double[][] scatter = table(seed + 1, blocks, options);
        double[][] loss = new double[blocks][options];
        for (int n = 0; n < blocks; n++) {
            for (int m = 0; m < options; m++) {
                cost[n][m] += 0.1;
                loss[n][m] = -1 / (1 + 4 * cost[n][m]) - 0.15 * scatter[n][m];
            }
        }
        terms.add(new Term("score", true, 3, loss));
        terms.add(new Term("latencyMs", false, 0.5, cost));
        if (goals == 3) {
            terms.add(new Term("params", false, 0, table(seed + 2, blocks, options)));
        }
        return new AdditiveProblem(terms, List.of());
    }

    static double[][] table(long seed, int blocks, int options) {
        double[][] t = new double[blocks][options];
        for (int n = 0; n < blocks; n++) {
            for (int m = 0; m < options; m++) {
                t[n][m] = (Mask.mix(Mask.mix(seed) ^ n * 4096L + m) >>> 11) * 0x1p-53;
            }
        }
        return t;
    }

    /** Every architecture of the problem that keeps its limits. */
    static List<Individual> all(AdditiveProblem problem) {
        int[] options = problem.options();
        int[] choices = new int[options.length];
        List<Individual> all = new ArrayList<>();
        double[] f = new double[problem.goals().size()];
        double[] excess = new double[problem.constraints()];
        int n = 0;
        while (n >= 0) {
            problem.rate(choices, f, excess);
            boolean feasible = true;
            for (double e : excess) {
                feasible &= e <= 0;
            }
            if (feasible) {
                all.add(new Individual(new Architecture(choices), f));
            }
            n = options.length - 1;
            while (n >= 0 && ++choices[n] == options[n]) {
                choices[n--] = 0;
            }
        }
        return all;
    }

    /** The members of {@code all} that no other dominates, by comparing all pairs, as sorted value lists. */
    static List<List<Double>> frontByPairs(AdditiveProblem problem, List<Individual> all) {
        List<List<Double>> front = new ArrayList<>();
        for (Individual i : all) {
            if (all.stream().noneMatch(other -> dominates(problem, other, i))) {
                front.add(values(i));
            }
        }
        return sorted(front);
    }

    /** The front of all architectures of a problem, each compared with what has been kept so far. */
    static List<List<Double>> frontByScan(AdditiveProblem problem) {
        int m = problem.goals().size();
        int[] options = problem.options();
        int[] choices = new int[options.length];
        List<double[]> kept = new ArrayList<>();
        double[] f = new double[m];
        int n = 0;
        while (n >= 0) {
            problem.rate(choices, f, new double[0]);
            double[] point = f.clone();
            boolean beaten = false;
            for (int i = 0; i < kept.size() && !beaten; i++) {
                beaten = isNoWorse(problem, kept.get(i), point);
                if (beaten && i > 0) {
                    // what beats one often beats the next
                    Collections.swap(kept, i, i / 2);
                }
            }
            if (!beaten) {
                kept.removeIf(other -> isNoWorse(problem, point, other));
                kept.add(point);
            }
            n = options.length - 1;
            while (n >= 0 && ++choices[n] == options[n]) {
                choices[n--] = 0;
            }
        }
        return sorted(kept.stream().map(v -> values(new Individual(new Architecture(0), v))).toList());
    }

    private static boolean isNoWorse(AdditiveProblem problem, double[] a, double[] b) {
        for (int k = 0; k < a.length; k++) {
            if (problem.goals().get(k).maximise() ? a[k] < b[k] : a[k] > b[k]) {
                return false;
            }
        }
        return true;
    }

    static List<List<Double>> values(ParetoFront front) {
        return sorted(front.members().stream().map(Tables::values).toList());
    }

    private static List<List<Double>> sorted(List<List<Double>> values) {
        return values.stream()
                .distinct()
                .sorted((a, b) -> {
                    int c = 0;
                    for (int k = 0; k < a.size() && c == 0; k++) {
                        c = Double.compare(a.get(k), b.get(k));
                    }
                    return c;
                })
                .toList();
    }

    private static List<Double> values(Individual i) {
        List<Double> v = new ArrayList<>();
        for (double d : i.objectives()) {
            v.add(d);
        }
        return v;
    }

    private static boolean dominates(AdditiveProblem problem, Individual a, Individual b) {
        boolean better = false;
        for (int k = 0; k < problem.goals().size(); k++) {
            double sign = problem.goals().get(k).maximise() ? -1 : 1;
            double x = sign * a.objective(k);
            double y = sign * b.objective(k);
            if (x > y) {
                return false;
            }
            better |= x < y;
        }
        return better;
    }
}
