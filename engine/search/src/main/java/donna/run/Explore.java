package donna.run;

import donna.evolve.AdditiveProblem;
import donna.evolve.AdditiveProblem.Term;
import donna.evolve.ExactFront;
import donna.evolve.FrontComparison;
import donna.evolve.ParetoFront;
import donna.format.AtomicFile;
import donna.jobs.Progress;
import donna.report.Exploration;
import donna.report.ExplorationPage;
import donna.space.Architecture;
import donna.space.SearchSpace;
import donna.space.Subspace;
import donna.spec.EvolutionSpec.Objective;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Says which choices of a finished run's space matter: the exact front of the space beside those of its parts, over predicted accuracy and one additive cost.
 * Limits of the search are left aside, as a limit would hide what lies beyond it.
 */
public final class Explore {
    private final RunFolder folder;
    private final FinishedRun run;
    private final Progress progress;

    private Explore(RunFolder folder, FinishedRun run, Progress progress) {
        this.folder = folder;
        this.run = run;
        this.progress = progress;
    }

    /**
     * Compares, and writes {@code explore.json} and {@code explore.html} into the run folder.
     *
     * @param wanted parts to compare, in the text form of {@link Subspace}; where there are none, every axis of the space is taken apart
     * @param cost what accuracy is traded against; empty: the search's own first cost
     * @throws donna.tensor.DonnaException.InvalidInput if the run is not finished, or a part cannot be read
     */
    public static Exploration run(RunFolder folder, List<String> wanted, Optional<Objective> cost, Progress progress) {
        FinishedRun run = FinishedRun.read(folder);
        List<Subspace> parts = wanted.isEmpty()
                ? Subspace.ofAxes(run.space())
                : wanted.stream().map(text -> Subspace.parse(text, run.space())).toList();
        Objective against = cost.orElseGet(() -> run.spec().search().objectives().stream()
                .filter(o -> o != Objective.ACCURACY)
                .findFirst()
                .orElse(Objective.LATENCY));
        return new Explore(folder, run, progress).compare(parts, against);
    }

    private Exploration compare(List<Subspace> parts, Objective against) {
        progress.phase("exploring");
        SearchSpace space = run.space();
        AdditiveProblem problem =
                new AdditiveProblem(List.of(Term.of(run.predictor()), Term.of(run.costs().of(against))), List.of());
        ParetoFront whole = ExactFront.of(problem);
        Map<List<List<Boolean>>, List<Subspace>> distinct = new LinkedHashMap<>();
        parts.forEach(p -> distinct.computeIfAbsent(key(p.mask(space)), k -> new ArrayList<>()).add(p));
        List<Exploration.Part> compared = new ArrayList<>();
        for (List<Subspace> same : distinct.values()) {
            progress.check();
            compared.add(part(problem, whole, same));
            progress.update(compared.size(), distinct.size(), "sub-spaces");
        }
        compared.sort(Comparator.comparingDouble(Exploration.Part::hypervolumeShare));
        Exploration out = new Exploration(
                run.summary().name(),
                RunFolder.VERSION,
                run.summary().dataset(),
                run.summary().machine(),
                run.summary().device(),
                problem.goals().getLast().name(),
                run.summary().predictor().searchRmse(),
                run.summary().predictor().searchTau(),
                space.size().toString(),
                points(whole),
                compared,
                uses(whole));
        folder.write("explore.json", out);
        AtomicFile.write(folder.path("explore.html"), ExplorationPage.html(out).getBytes(StandardCharsets.UTF_8));
        return out;
    }

    private static List<List<Boolean>> key(boolean[][] mask) {
        return Arrays.stream(mask)
                .map(b -> IntStream.range(0, b.length).mapToObj(m -> b[m]).toList())
                .toList();
    }

    private Exploration.Part part(AdditiveProblem problem, ParetoFront whole, List<Subspace> same) {
        boolean[][] mask = same.getFirst().mask(run.space());
        List<String> names = same.stream().map(Subspace::toString).toList();
        List<String> others = names.subList(1, names.size());
        double[][] nsr = run.nsr();
        for (int n = 0; n < mask.length; n++) {
            int block = n;
            if (IntStream.range(0, mask[n].length).noneMatch(m -> mask[block][m] && Double.isFinite(nsr[block][m]))) {
                return new Exploration.Part(names.getFirst(), others, "0", 0, 0, Double.NaN, Double.NaN, Double.NaN, Double.NaN,
                        Exploration.Verdict.IMPOSSIBLE, run.space().blocks().get(n).name(), List.of());
            }
        }
        ParetoFront front = ExactFront.of(problem.within(mask));
        FrontComparison c = FrontComparison.of(whole, front, problem.worst());
        return new Exploration.Part(names.getFirst(), others, size(mask), c.hypervolumeShare(), c.reach(), c.meanLoss(), c.worstLoss(), c.worstCost(),
                c.costRatio(), verdict(c), "", points(front));
    }

    private Exploration.Verdict verdict(FrontComparison c) {
        double error = run.summary().predictor().searchRmse();
        if (c.reach() == 0 || c.worstLoss() > error) {
            return Exploration.Verdict.MATTERS;
        }
        return c.meanLoss() < error / 10 && c.costRatio() <= 1.02 ? Exploration.Verdict.NOT : Exploration.Verdict.LITTLE;
    }

    private static String size(boolean[][] mask) {
        BigInteger size = BigInteger.ONE;
        for (boolean[] block : mask) {
            size = size.multiply(BigInteger.valueOf(IntStream.range(0, block.length).filter(m -> block[m]).count()));
        }
        return size.toString();
    }

    private List<Exploration.Point> points(ParetoFront front) {
        return front.members().stream()
                .map(i -> new Exploration.Point(run.space().name(i.architecture()), i.objective(0), i.objective(1)))
                .toList();
    }

    private List<Exploration.Use> uses(ParetoFront whole) {
        List<Exploration.Use> uses = new ArrayList<>();
        Subspace.axes(run.space()).forEach((axis, values) -> {
            if (values.size() > 1) {
                values.forEach(v -> uses.add(new Exploration.Use(axis, v, shares(whole, axis, v))));
            }
        });
        return uses;
    }

    private Map<String, Double> shares(ParetoFront whole, String axis, String value) {
        Map<String, Double> shares = new LinkedHashMap<>();
        for (int n = 0; n < run.space().blocks().size(); n++) {
            int block = n;
            long count = whole.members().stream()
                    .map(i -> i.architecture())
                    .filter((Architecture a) -> value.equals(run.space().candidate(block, a.choice(block)).traits().get(axis)))
                    .count();
            shares.put(run.space().blocks().get(n).name(), count / (double) whole.members().size());
        }
        return shares;
    }
}
