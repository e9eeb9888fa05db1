package donna.evolve;

import donna.cost.AdditiveCost;
import donna.predict.AccuracyPredictor;
import donna.spec.EvolutionSpec;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/**
 * A problem whose objectives and constrained costs are all sums over blocks and pairs of neighbouring blocks.
 * Immutable.
 */
public final class AdditiveProblem implements Problem {
    private final List<Term> objectives;
    private final List<Limit> limits;
    private final List<Goal> goals;

    /**
     * A sum over blocks, rounded left to right starting from {@code fixed}: each block's own part, then that of the
     * pair it forms with the block before it.
     *
     * @param name with its unit
     * @param maximise whether larger is better
     * @param fixed what is the same for all
     * @param blocks what each choice adds, by block; a choice that is not finite is never taken
     * @param pairs what the choices of blocks n and n + 1 add together, at {@code [n][choice][next choice]}; empty if
     *     blocks do not depend on each other, and so may be each {@code pairs[n]}
     */
    public record Term(String name, boolean maximise, double fixed, double[][] blocks, double[][][] pairs) {
        /** A sum over blocks alone. */
        public Term(String name, boolean maximise, double fixed, double[][] blocks) {
            this(name, maximise, fixed, blocks, new double[0][][]);
        }

        /** A cost, to be minimised. */
        public static Term of(AdditiveCost cost) {
            return new Term(
                    cost.name(), false, cost.table().fixed(), cost.table().blocks());
        }

        /** Predicted accuracy, to be maximised. */
        public static Term of(AccuracyPredictor predictor) {
            return new Term(
                    "predictedTop1", true, predictor.intercept(), predictor.contributions(), predictor.pairs());
        }

        /** The same with every choice outside {@code mask} never taken. */
        Term within(boolean[][] mask) {
            double[][] masked = new double[blocks.length][];
            for (int n = 0; n < blocks.length; n++) {
                masked[n] = blocks[n].clone();
                for (int m = 0; m < masked[n].length; m++) {
                    masked[n][m] = mask[n][m] ? masked[n][m] : maximise ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
                }
            }
            return new Term(name, maximise, fixed, masked, pairs);
        }

        double of(int[] choices) {
            double sum = fixed;
            for (int n = 0; n < choices.length; n++) {
                sum += blocks[n][choices[n]];
                if (n > 0 && isLinked(n - 1)) {
                    sum += pairs[n - 1][choices[n - 1]][choices[n]];
                }
            }
            return sum;
        }

        /** Whether block {@code n} and the next add something together. */
        boolean isLinked(int n) {
            return n < pairs.length && pairs[n].length > 0;
        }

        private void check() {
            boolean fits = pairs.length == 0 || pairs.length == blocks.length - 1;
            for (int n = 0; n < pairs.length && fits; n++) {
                int next = blocks[n + 1].length;
                fits = pairs[n].length == 0
                        || pairs[n].length == blocks[n].length
                                && Arrays.stream(pairs[n]).allMatch(row -> row.length == next);
            }
            if (!fits) {
                throw new DonnaException.InvalidInput("search problem: the pairs of " + name + " are not one table of"
                        + " choice by next choice for each of " + (blocks.length - 1)
                        + " pairs of neighbouring blocks; give all of them, or none");
            }
        }
    }

    /** An upper bound on a term that is not maximised. */
    public record Limit(Term term, double atMost) {}

    /**
     * @throws DonnaException.InvalidInput if there is no objective or terms disagree on the number of blocks and
     *     options
     */
    public AdditiveProblem(List<Term> objectives, List<Limit> limits) {
        this.objectives = List.copyOf(objectives);
        this.limits = List.copyOf(limits);
        this.goals =
                objectives.stream().map(t -> new Goal(t.name(), t.maximise())).toList();
        List<Term> terms = terms();
        for (Term t : terms) {
            if (!Arrays.equals(sizes(t), sizes(terms.getFirst()))) {
                throw new DonnaException.InvalidInput("search problem: " + t.name() + " has options "
                        + Arrays.toString(sizes(t)) + " and " + terms.getFirst().name() + " has "
                        + Arrays.toString(sizes(terms.getFirst())) + "; build all tables from one space");
            }
            t.check();
        }
        for (Limit l : limits) {
            if (l.term().maximise()) {
                throw new DonnaException.InvalidInput("search problem: " + l.term().name() + " is maximised and limited"
                        + " to " + l.atMost() + "; limit only what is minimised");
            }
        }
        if (objectives.isEmpty()) {
            throw new DonnaException.InvalidInput("search problem without an objective; give at least one");
        }
    }

    /** The problem a spec words. */
    public static AdditiveProblem of(
            EvolutionSpec spec,
            AccuracyPredictor predictor,
            AdditiveCost latency,
            AdditiveCost macs,
            AdditiveCost params) {
        List<Term> objectives = spec.objectives().stream()
                .map(o -> switch (o) {
                    case ACCURACY -> Term.of(predictor);
                    case LATENCY -> Term.of(latency);
                    case MACS -> Term.of(macs);
                    case PARAMS -> Term.of(params);
                })
                .toList();
        List<Limit> limits = new ArrayList<>();
        limit(limits, latency, spec.limits().latencyMs());
        limit(limits, macs, spec.limits().macs());
        limit(limits, params, spec.limits().params());
        return new AdditiveProblem(objectives, limits);
    }

    /** The same problem over the choices in {@code mask}, by block and option. */
    public AdditiveProblem within(boolean[][] mask) {
        return new AdditiveProblem(objectives.stream().map(t -> t.within(mask)).toList(), limits);
    }

    /** The objectives. */
    public List<Term> objectives() {
        return objectives;
    }

    /** The constraints. */
    public List<Limit> limits() {
        return limits;
    }

    @Override
    public int[] options() {
        return sizes(objectives.getFirst());
    }

    @Override
    public List<Goal> goals() {
        return goals;
    }

    @Override
    public int constraints() {
        return limits.size();
    }

    @Override
    public void rate(int[] choices, double[] values, double[] excess) {
        for (int k = 0; k < values.length; k++) {
            values[k] = objectives.get(k).of(choices);
        }
        for (int k = 0; k < excess.length; k++) {
            Limit limit = limits.get(k);
            excess[k] = (limit.term().of(choices) - limit.atMost()) / Math.max(1e-300, Math.abs(limit.atMost()));
        }
    }

    /**
     * A bound of each objective over the whole space, constraints aside, which is its worst value where no pairs add to
     * it: the reference point of its hypervolumes.
     */
    public double[] worst() {
        return objectives.stream()
                .mapToDouble(t -> {
                    double sum = t.fixed();
                    for (double[] block : t.blocks()) {
                        double[] finite = Arrays.stream(block)
                                .filter(Double::isFinite)
                                .sorted()
                                .toArray();
                        sum += finite.length == 0 ? 0 : t.maximise() ? finite[0] : finite[finite.length - 1];
                    }
                    for (double[][] pair : t.pairs()) {
                        DoubleStream all = Arrays.stream(pair).flatMapToDouble(Arrays::stream).filter(Double::isFinite);
                        sum += (t.maximise() ? all.min() : all.max()).orElse(0);
                    }
                    return sum;
                })
                .toArray();
    }

    /** Objectives first, then what the limits bound. */
    List<Term> terms() {
        List<Term> all = new ArrayList<>(objectives);
        limits.forEach(l -> all.add(l.term()));
        return all;
    }

    /** Objectives first, then what else the limits bound. */
    List<Term> distinctTerms() {
        return terms().stream().distinct().toList();
    }

    /** The least that each block, and each pair it forms with the block before it, can add to a term. */
    static double[][] leastParts(Term t) {
        double[][] parts = new double[t.blocks().length][2];
        for (int n = 0; n < parts.length; n++) {
            parts[n][0] = Arrays.stream(t.blocks()[n]).filter(Double::isFinite).min().orElse(0);
            if (n > 0 && t.isLinked(n - 1)) {
                DoubleStream pair = Arrays.stream(t.pairs()[n - 1]).flatMapToDouble(Arrays::stream);
                parts[n][1] = pair.filter(Double::isFinite).min().orElse(0);
            }
        }
        return parts;
    }

    private static void limit(List<Limit> limits, AdditiveCost cost, OptionalDouble atMost) {
        atMost.ifPresent(v -> limits.add(new Limit(Term.of(cost), v)));
    }

    private static int[] sizes(Term t) {
        return Arrays.stream(t.blocks()).mapToInt(b -> b.length).toArray();
    }
}
