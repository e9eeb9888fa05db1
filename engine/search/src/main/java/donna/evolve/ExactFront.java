package donna.evolve;

import donna.evolve.AdditiveProblem.Term;
import donna.jobs.Progress;
import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The complete Pareto front of a space whose objectives are sums over blocks, or chains: sums over blocks and pairs of
 * neighbouring blocks.
 *
 * <p>A prefix of choices that is dominated by another prefix stays dominated whatever follows, because adding the same
 * numbers keeps every order, rounded sums included. So the front of the first n blocks joined with every option of the
 * next, dominated ones removed, is the front of n + 1 blocks (Nemhauser and Ullmann 1969). In a chain what follows
 * depends on the last choice, so there is one such front for each. Constrained costs take part in the dominance;
 * prefixes that must break a limit are dropped. The options of a block are pruned to their own front first, and
 * prefixes are merged front by front, never sorted.
 */
public final class ExactFront {
    /** What fronts of prefixes may take unless said otherwise. */
    public static final long USUAL_BYTES = 512L << 20;

    private final List<Term> terms;
    private final AdditiveProblem problem;
    private final List<FrontCertificate.Bound> limits;
    private final double[][][] leastParts;
    private final double[] slack;
    private final long maxBytes;
    private final Progress progress;
    private final Staircase stairs = new Staircase();
    private final List<PrefixFront> layers = new ArrayList<>();

    /** For each layer, where the points of each last choice begin, and their end; two entries if that is left open. */
    private final List<int[]> begins = new ArrayList<>();

    private long keptBytes;

    /**
     * What a computation may leave out and may take.
     *
     * @param epsilon for each objective, by how much a member of the front may be worse than what it stands for, up to
     *     rounding; 0 everywhere, or empty, for the exact front
     * @param maxBytes of the fronts of prefixes
     */
    public record Bounds(double[] epsilon, long maxBytes) {}

    /** A front, and what proves that nothing is missing. */
    public record Solution(ParetoFront front, FrontCertificate certificate) {}

    private ExactFront(AdditiveProblem problem, Bounds bounds, Progress progress) {
        this.problem = problem;
        this.terms = problem.distinctTerms();
        this.maxBytes = bounds.maxBytes();
        this.progress = progress;
        limits = problem.limits().stream()
                .map(l -> new FrontCertificate.Bound(terms.indexOf(l.term()), l.atMost()))
                .toList();
        leastParts = terms.stream().map(AdditiveProblem::leastParts).toArray(double[][][]::new);
        int blocks = problem.options().length;
        slack = new double[terms.size()];
        for (int k = 0; k < bounds.epsilon().length; k++) {
            int term = terms.indexOf(problem.objectives().get(k));
            boolean limited = limits.stream().anyMatch(l -> l.term() == term);
            slack[term] = limited ? 0 : bounds.epsilon()[k] / blocks;
        }
    }

    /** Why the front of a problem cannot be computed exactly; empty if it can. */
    public static Optional<String> refusal(Problem problem) {
        if (!(problem instanceof AdditiveProblem p)) {
            return Optional.of("its objectives are not known to be sums over blocks or over pairs of neighbouring"
                    + " blocks; use evolution");
        }
        int m = p.distinctTerms().size();
        if (m < 2 || m > 3) {
            return Optional.of("it is over " + m + " sums (objectives and limited costs together), and two or three can"
                    + " be computed; use evolution for others");
        }
        return Optional.empty();
    }

    /** The exact front; of architectures with equal values one is named, always the same. */
    public static ParetoFront of(Problem problem) {
        return solve(problem, new Bounds(new double[0], USUAL_BYTES), Progress.NONE).front();
    }

    /**
     * Computes the front and its certificate.
     *
     * @param progress asked whether to stop
     * @throws DonnaException.InvalidInput if the problem is refused, or fronts of prefixes outgrow their bound
     */
    public static Solution solve(Problem problem, Bounds bounds, Progress progress) {
        refusal(problem).ifPresent(why -> {
            throw new DonnaException.InvalidInput("exact front: cannot be computed for this problem: " + why);
        });
        int goals = problem.goals().size();
        if (bounds.epsilon().length != 0 && bounds.epsilon().length != goals
                || Arrays.stream(bounds.epsilon()).anyMatch(e -> !(e >= 0 && e < Double.POSITIVE_INFINITY))) {
            throw new DonnaException.InvalidInput("exact front with an epsilon of " + Arrays.toString(bounds.epsilon())
                    + "; expected a finite value of at least 0 for each of " + goals + " objectives");
        }
        return new ExactFront((AdditiveProblem) problem, bounds, progress).solve();
    }

    private Solution solve() {
        int m = terms.size();
        double[] start = terms.stream()
                .mapToDouble(t -> t.maximise() ? -t.fixed() : t.fixed())
                .toArray();
        layers.add(new PrefixFront(m, start, new int[] {-1}, new int[] {-1}));
        begins.add(new int[] {0, 1});
        for (int n = 0; n < problem.options().length; n++) {
            extend(n);
        }
        PrefixFront last = layers.getLast();
        List<Individual> all = new ArrayList<>();
        for (int i = 0; i < last.size(); i++) {
            int[] choices = choices(i);
            double[] objectives =
                    problem.objectives().stream().mapToDouble(t -> t.of(choices)).toArray();
            if (problem.limits().stream().allMatch(l -> l.term().of(choices) <= l.atMost())) {
                all.add(new Individual(new Architecture(choices), objectives));
            }
        }
        ParetoFront front = ParetoFront.of(problem.goals(), all);
        return new Solution(front, certificate(front));
    }

    /** Adds the layer of prefixes that end with block {@code n}. */
    private void extend(int n) {
        int[] options = usable(n);
        List<PrefixFront> parts = new ArrayList<>();
        if (isLinked(n)) {
            int[] begin = new int[problem.options()[n] + 1];
            int size = 0;
            for (int b = 0, o = 0; b < problem.options()[n]; b++) {
                begin[b] = size;
                if (o < options.length && options[o] == b) {
                    parts.add(thinned(joined(n, new int[] {b})));
                    size += parts.getLast().size();
                    o++;
                }
            }
            begin[begin.length - 1] = size;
            begins.add(begin);
        } else {
            parts.add(thinned(joined(n, options)));
            begins.add(new int[] {0, parts.getFirst().size()});
        }
        PrefixFront layer = concatenated(parts);
        keptBytes += PrefixFront.bytes(layer.size(), layer.m());
        layers.add(layer);
    }

    private PrefixFront thinned(PrefixFront front) {
        return Arrays.stream(slack).allMatch(s -> s == 0) ? front : front.thinned(slack, stairs);
    }

    private static PrefixFront concatenated(List<PrefixFront> parts) {
        if (parts.size() == 1) {
            return parts.getFirst();
        }
        return new PrefixFront(
                parts.getFirst().m(),
                parts.stream().flatMapToDouble(p -> Arrays.stream(p.values())).toArray(),
                parts.stream().flatMapToInt(p -> Arrays.stream(p.parent())).toArray(),
                parts.stream().flatMapToInt(p -> Arrays.stream(p.choice())).toArray());
    }

    /** The front of all prefixes that end with one of {@code options} of block {@code n}. */
    private PrefixFront joined(int n, int[] options) {
        int states = begins.getLast().length - 1;
        return joined(n, options, 0, options.length * states, 0);
    }

    /** Parts number {@code from} to {@code to - 1}, merged in halves; {@code heldBytes} are held by whoever called. */
    private PrefixFront joined(int n, int[] options, int from, int to, long heldBytes) {
        int states = begins.getLast().length - 1;
        if (to - from == 1) {
            PrefixFront one = part(n, options[from / states], from % states);
            return merged(one, PrefixFront.none(one.m()), n, heldBytes);
        }
        int middle = (from + to) >>> 1;
        PrefixFront a = joined(n, options, from, middle, heldBytes);
        PrefixFront b =
                joined(n, options, middle, to, heldBytes + PrefixFront.bytes(a.size(), a.m()));
        return merged(a, b, n, heldBytes);
    }

    private PrefixFront merged(PrefixFront a, PrefixFront b, int n, long heldBytes) {
        progress.check();
        long bytes = keptBytes + heldBytes + 3 * PrefixFront.bytes((long) a.size() + b.size(), a.m());
        if (bytes > maxBytes) {
            throw new DonnaException.InvalidInput("exact front: partial architectures up to block " + n + " take "
                    + bytes + " bytes, and " + maxBytes
                    + " are allowed; allow more, allow an epsilon, or use evolution");
        }
        return PrefixFront.merge(a, b, stairs);
    }

    /** The prefixes of one last choice, each with {@code option} of block {@code n} behind it. */
    private PrefixFront part(int n, int option, int state) {
        int m = terms.size();
        boolean linked = n > 0 && isLinked(n - 1);
        double[][] added = new double[linked ? 2 : 1][m];
        for (int k = 0; k < m; k++) {
            Term t = terms.get(k);
            double sign = t.maximise() ? -1 : 1;
            added[0][k] = sign * t.blocks()[n][option];
            if (linked) {
                added[1][k] = t.isLinked(n - 1) ? sign * t.pairs()[n - 1][state][option] : 0;
            }
        }
        PrefixFront before = layers.getLast();
        int[] begin = begins.getLast();
        boolean possible = Arrays.stream(added).allMatch(row -> Arrays.stream(row).allMatch(Double::isFinite));
        PrefixFront all = before.plus(begin[state], possible ? begin[state + 1] : begin[state], added, option);
        return limits.isEmpty() ? all : withinLimits(all, n);
    }

    private PrefixFront withinLimits(PrefixFront front, int n) {
        int[] kept = new int[front.size()];
        int count = 0;
        for (int i = 0; i < kept.length; i++) {
            boolean within = true;
            for (FrontCertificate.Bound limit : limits) {
                double least = front.values()[i * terms.size() + limit.term()];
                for (int later = n + 1; later < leastParts[limit.term()].length; later++) {
                    least += leastParts[limit.term()][later][0];
                    least += leastParts[limit.term()][later][1];
                }
                within &= least <= limit.atMost();
            }
            if (within) {
                kept[count++] = i;
            }
        }
        return front.take(kept, count);
    }

    /** Whether what follows block {@code n} depends on its choice. */
    private boolean isLinked(int n) {
        return terms.stream().anyMatch(t -> t.isLinked(n));
    }

    /** Options with finite values, and where nothing depends on the choice only those that no other dominates. */
    private int[] usable(int n) {
        int[] finite = IntStream.range(0, problem.options()[n])
                .filter(o -> terms.stream().allMatch(t -> Double.isFinite(t.blocks()[n][o])))
                .toArray();
        if (finite.length == 0) {
            throw new DonnaException.InvalidInput("exact front: block " + n
                    + " has no candidate with finite values; train or measure its candidates again");
        }
        if (isLinked(n) || n > 0 && isLinked(n - 1)) {
            return finite;
        }
        return Arrays.stream(finite)
                .filter(o -> Arrays.stream(finite).noneMatch(other -> isBetter(n, other, o)))
                .toArray();
    }

    private boolean isBetter(int n, int a, int b) {
        boolean equal = true;
        for (Term t : terms) {
            double sign = t.maximise() ? -1 : 1;
            double x = sign * t.blocks()[n][a];
            double y = sign * t.blocks()[n][b];
            if (x > y) {
                return false;
            }
            equal &= x == y;
        }
        return !equal || a < b;
    }

    private int[] choices(int point) {
        int[] choices = new int[problem.options().length];
        int at = point;
        for (int n = choices.length - 1; n >= 0; n--) {
            choices[n] = layers.get(n + 1).choice()[at];
            at = layers.get(n + 1).parent()[at];
        }
        return choices;
    }

    private FrontCertificate certificate(ParetoFront front) {
        List<FrontCertificate.Layer> proof = new ArrayList<>();
        for (int n = 0; n < problem.options().length; n++) {
            PrefixFront layer = layers.get(n + 1);
            int[] last = isLinked(n) ? layer.choice() : new int[0];
            proof.add(new FrontCertificate.Layer(last, layer.values()));
        }
        return new FrontCertificate(terms, problem.objectives().size(), limits, slack, proof, front.members());
    }
}
