package donna.run;

import donna.evolve.AdditiveProblem;
import donna.evolve.AdditiveProblem.Term;
import donna.evolve.ExactFront;
import donna.evolve.FrontComparison;
import donna.evolve.Individual;
import donna.evolve.ParetoFront;
import donna.predict.AccuracyPredictor;
import donna.predict.Interval;
import donna.predict.Statistics;
import donna.report.Exploration;
import donna.report.Extension;
import donna.space.Architecture;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The numbers of an extension, from the extended run and the labels of the architectures that were checked. */
final class ExtensionFigures {
    private static final double MISSES = 0.1;

    private final FinishedRun run;
    private final List<String> added;

    /** @param added new candidates, as {@code b1/mk3e2d1r} */
    ExtensionFigures(FinishedRun run, List<String> added) {
        this.run = run;
        this.added = added;
    }

    Extension of(List<FinetuneStage.Label> labels) {
        AccuracyPredictor predictor = run.predictor();
        List<Extension.Check> checks = new ArrayList<>();
        List<Double> sums = new ArrayList<>();
        for (FinetuneStage.Label l : labels.stream()
                .filter(l -> l.failure().isEmpty())
                .sorted(Comparator.comparingDouble(l -> -predictor.predict(run.space().parse(l.architecture()))))
                .toList()) {
            Architecture a = run.space().parse(l.architecture());
            Interval i = predictor.interval(a, MISSES);
            checks.add(new Extension.Check(
                    l.architecture(), l.top1(), predictor.predict(a), i.low(), i.high(), !predictor.blocksOutside(a).isEmpty()));
            sums.add(-predictor.features().sumOfNsr(a));
        }
        double[] measured = checks.stream().mapToDouble(Extension.Check::top1).toArray();
        double[] predicted = checks.stream().mapToDouble(Extension.Check::predictedTop1).toArray();
        double[] naive = sums.stream().mapToDouble(Double::doubleValue).toArray();
        boolean enough = measured.length >= 2;
        AdditiveProblem problem =
                new AdditiveProblem(List.of(Term.of(predictor), Term.of(run.costs().latency())), List.of());
        ParetoFront after = ExactFront.of(problem);
        ParetoFront before = ExactFront.of(problem.within(old()));
        FrontComparison c = FrontComparison.of(after, before, problem.worst());
        return new Extension(
                run.summary().name(),
                RunFolder.VERSION,
                run.summary().dataset(),
                run.summary().machine(),
                run.summary().device(),
                candidates(),
                run.summary().predictor().n(),
                run.summary().predictor().searchTau(),
                run.summary().predictor().searchRmse(),
                checks,
                enough ? Statistics.kendall(predicted, measured) : Double.NaN,
                enough ? Statistics.kendall(naive, measured) : Double.NaN,
                enough ? Statistics.rmse(predicted, measured) : Double.NaN,
                checks.stream().mapToDouble(k -> k.top1() - k.predictedTop1()).average().orElse(Double.NaN),
                after.members().stream().filter(i -> holdsNew(i.architecture())).count() / (double) after.members().size(),
                c.meanLoss(),
                c.costRatio(),
                points(before),
                points(after));
    }

    private boolean isNew(int block, int candidate) {
        return added.contains(PartLatencies.name(run.space(), block, candidate));
    }

    private boolean[][] old() {
        boolean[][] mask = new boolean[run.space().blocks().size()][];
        for (int n = 0; n < mask.length; n++) {
            mask[n] = new boolean[run.space().options()[n]];
            for (int m = 0; m < mask[n].length; m++) {
                mask[n][m] = !isNew(n, m);
            }
        }
        return mask;
    }

    private boolean holdsNew(Architecture a) {
        for (int n = 0; n < a.length(); n++) {
            if (isNew(n, a.choice(n))) {
                return true;
            }
        }
        return false;
    }

    private List<Extension.Added> candidates() {
        List<Extension.Added> out = new ArrayList<>();
        double[][] ms = run.costs().latency().table().blocks();
        for (int n = 0; n < ms.length; n++) {
            for (int m = 0; m < ms[n].length; m++) {
                if (isNew(n, m)) {
                    out.add(new Extension.Added(
                            run.space().blocks().get(n).name(), run.space().candidate(n, m).toString(), run.nsr()[n][m], ms[n][m]));
                }
            }
        }
        return out;
    }

    private List<Exploration.Point> points(ParetoFront front) {
        return front.members().stream()
                .map((Individual i) -> new Exploration.Point(run.space().name(i.architecture()), i.objective(0), i.objective(1)))
                .toList();
    }
}
