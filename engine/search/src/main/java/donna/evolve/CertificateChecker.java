package donna.evolve;

import donna.evolve.AdditiveProblem.Term;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Checks a {@link FrontCertificate} by its own means: every member is evaluated again; every point of a layer, with
 * every option behind it, is covered by a point of the next layer or must break a limit; every point of the last layer
 * that keeps the limits is covered by a member. By induction every architecture then has a member at least as good, the
 * slack of each layer aside. Nothing is assumed about where the layers come from. One thread.
 */
public final class CertificateChecker {
    private final FrontCertificate c;
    private final int m;
    private final int blocks;
    private final double[][][] least;

    private CertificateChecker(FrontCertificate certificate) {
        c = certificate;
        m = c.terms().size();
        blocks = c.terms().getFirst().blocks().length;
        least = c.terms().stream().map(CertificateChecker::least).toArray(double[][][]::new);
    }

    /** What is wrong with a certificate, the first finding in words; empty if it proves its front. */
    public static Optional<String> mistake(FrontCertificate certificate) {
        return new CertificateChecker(certificate).mistake();
    }

    private Optional<String> mistake() {
        if (c.layers().size() != blocks || c.slack().length != m || m < 2 || m > 3) {
            return Optional.of(c.layers().size() + " layers for " + blocks + " blocks");
        }
        for (FrontCertificate.Bound l : c.limits()) {
            if (!(c.slack()[l.term()] == 0) || c.terms().get(l.term()).maximise()) {
                return Optional.of(c.terms().get(l.term()).name() + " is limited, and has slack or is maximised");
            }
        }
        for (Individual member : c.front()) {
            for (int k = 0; k < c.objectives(); k++) {
                if (c.terms().get(k).of(member.architecture().choices()) != member.objective(k)) {
                    return Optional.of(member + " has another value of " + c.terms().get(k).name());
                }
            }
            for (FrontCertificate.Bound l : c.limits()) {
                Term t = c.terms().get(l.term());
                if (!(t.of(member.architecture().choices()) <= l.atMost())) {
                    return Optional.of(member + " breaks the limit of " + t.name());
                }
            }
        }
        double[] start = c.terms().stream().mapToDouble(t -> sign(t) * t.fixed()).toArray();
        FrontCertificate.Layer before = new FrontCertificate.Layer(new int[0], start);
        for (int n = 0; n < blocks; n++) {
            FrontCertificate.Layer layer = c.layers().get(n);
            boolean linked = n > 0 && isLinked(n - 1);
            if (linked && before.last().length != before.values().length / m) {
                return Optional.of("layer " + n + " does not say its last choices, on which block " + n + " depends");
            }
            for (int option = 0; option < c.terms().getFirst().blocks()[n].length; option++) {
                List<double[]> candidates = candidates(before, n, option, linked);
                Optional<double[]> lost = uncovered(candidates, points(layer, option), c.slack());
                if (lost.isPresent()) {
                    return Optional.of("nothing of layer " + (n + 1) + " covers " + Arrays.toString(lost.get()));
                }
            }
            before = layer;
        }
        return lostAtTheEnd(before);
    }

    /** The points of a layer with one option behind them, those aside that must break a limit. */
    private List<double[]> candidates(FrontCertificate.Layer before, int n, int option, boolean linked) {
        List<double[]> candidates = new ArrayList<>();
        for (int i = 0; i < before.values().length / m; i++) {
            double[] v = new double[m];
            boolean possible = true;
            for (int k = 0; k < m; k++) {
                Term t = c.terms().get(k);
                v[k] = before.values()[i * m + k] + sign(t) * t.blocks()[n][option];
                if (linked && t.isLinked(n - 1)) {
                    v[k] += sign(t) * t.pairs()[n - 1][before.last()[i]][option];
                }
                possible &= Double.isFinite(v[k]);
            }
            for (FrontCertificate.Bound l : c.limits()) {
                double sum = v[l.term()];
                for (int later = n + 1; later < blocks; later++) {
                    sum += least[l.term()][later][0];
                    sum += least[l.term()][later][1];
                }
                possible &= sum <= l.atMost();
            }
            if (possible) {
                candidates.add(v);
            }
        }
        return candidates;
    }

    private List<double[]> points(FrontCertificate.Layer layer, int option) {
        List<double[]> points = new ArrayList<>();
        for (int i = 0; i < layer.values().length / m; i++) {
            if (layer.last().length == 0 || layer.last()[i] == option) {
                points.add(Arrays.copyOfRange(layer.values(), i * m, (i + 1) * m));
            }
        }
        return points;
    }

    private Optional<String> lostAtTheEnd(FrontCertificate.Layer last) {
        List<double[]> members = new ArrayList<>();
        for (Individual i : c.front()) {
            double[] v = new double[c.objectives()];
            Arrays.setAll(v, k -> sign(c.terms().get(k)) * i.objective(k));
            members.add(v);
        }
        List<double[]> ends = new ArrayList<>();
        for (int i = 0; i < last.values().length / m; i++) {
            boolean within = true;
            for (FrontCertificate.Bound l : c.limits()) {
                within &= last.values()[i * m + l.term()] <= l.atMost();
            }
            if (within) {
                ends.add(Arrays.copyOfRange(last.values(), i * m, i * m + c.objectives()));
            }
        }
        return uncovered(ends, members, new double[c.objectives()])
                .map(v -> "no member of the front covers " + Arrays.toString(v));
    }

    /** A candidate for which no point is as good up to the slack: a sweep along the first value. */
    private static Optional<double[]> uncovered(List<double[]> candidates, List<double[]> points, double[] slack) {
        Comparator<double[]> byFirst = Comparator.comparingDouble(v -> v[0]);
        candidates.sort(byFirst);
        points.sort(byFirst);
        TreeMap<Double, Double> leastThird = new TreeMap<>();
        int swept = 0;
        for (double[] v : candidates) {
            while (swept < points.size() && points.get(swept)[0] <= v[0] + slack[0]) {
                double[] p = points.get(swept++);
                // Adding zero makes a negative zero positive, which a map takes for another key.
                double y = p.length < 2 ? 0 : p[1] + 0.0;
                double z = p.length < 3 ? 0 : p[2];
                Map.Entry<Double, Double> floor = leastThird.floorEntry(y);
                if (floor == null || floor.getValue() > z) {
                    leastThird.put(y, z);
                    Map.Entry<Double, Double> next = leastThird.higherEntry(y);
                    while (next != null && next.getValue() >= z) {
                        leastThird.remove(next.getKey());
                        next = leastThird.higherEntry(y);
                    }
                }
            }
            double y = v.length < 2 ? 0 : v[1] + slack[1] + 0.0;
            double z = v.length < 3 ? 0 : v[2] + slack[2];
            Map.Entry<Double, Double> floor = leastThird.floorEntry(y);
            if (floor == null || floor.getValue() > z) {
                return Optional.of(v);
            }
        }
        return Optional.empty();
    }

    /** The least that each block and the pair before it can add. */
    private static double[][] least(Term t) {
        double[][] least = new double[t.blocks().length][2];
        for (int n = 0; n < least.length; n++) {
            least[n][0] = Arrays.stream(t.blocks()[n]).filter(Double::isFinite).min().orElse(0);
            if (n > 0 && t.isLinked(n - 1)) {
                least[n][1] = Arrays.stream(t.pairs()[n - 1])
                        .flatMapToDouble(Arrays::stream)
                        .filter(Double::isFinite)
                        .min()
                        .orElse(0);
            }
        }
        return least;
    }

    private boolean isLinked(int n) {
        return c.terms().stream().anyMatch(t -> t.isLinked(n));
    }

    private static double sign(Term t) {
        return t.maximise() ? -1 : 1;
    }
}
