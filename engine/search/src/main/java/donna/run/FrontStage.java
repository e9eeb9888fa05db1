package donna.run;

import donna.distill.Setting;
import donna.evolve.AdditiveProblem;
import donna.evolve.CertificateChecker;
import donna.evolve.Evolution;
import donna.evolve.ExactFront;
import donna.evolve.Individual;
import donna.evolve.ParetoFront;
import donna.evolve.RandomSearch;
import donna.predict.AccuracyPredictor;
import donna.predict.Interval;
import donna.predict.PredictorReport;
import donna.space.Architecture;
import donna.spec.EvolutionSpec;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** The search itself, and the picks from its front. */
final class FrontStage {
    private final Setting setting;
    private final RunFolder folder;
    private final EvolutionSpec spec;
    private final AccuracyPredictor predictor;
    private final CostStage.Table latency;
    private final AdditiveProblem problem;

    FrontStage(Setting setting, RunFolder folder, AccuracyPredictor predictor, CostStage.Table latency) {
        this.setting = setting;
        this.folder = folder;
        this.spec = setting.spec().search();
        this.predictor = predictor;
        this.latency = latency;
        Costs costs = Costs.of(setting.spec(), setting.space(), setting.teacher(), setting.imageShape(), latency);
        problem = AdditiveProblem.of(spec, predictor, costs.latency(), costs.macs(), costs.params());
    }

    /**
     * What the run keeps of this stage.
     *
     * @param front by architecture, in the order of the second objective where there is one
     * @param intervals of the front's predictions
     * @param hypervolume of the front, against the worst corner of the space
     * @param exactHypervolume the same of the exact front; 0 where there is none
     * @param randomHypervolume the same of as many architectures drawn uniformly
     */
    record Found(
            List<Member> front,
            List<Interval> intervals,
            long evaluations,
            double hypervolume,
            double exactHypervolume,
            double randomHypervolume,
            List<Member> sampled) {}

    /** An architecture with its objectives. */
    record Member(int[] choices, double predictedTop1, double latencyMs, double[] objectives) {
        Architecture architecture() {
            return new Architecture(choices);
        }
    }

    private static final int SAMPLED = 1500;

    Found run() {
        setting.progress().phase("search");
        long seed = setting.seed("search", 0);
        int threads = setting.workers().count();
        ParetoFront front = Evolution.search(spec, problem, seed, threads, setting.progress());
        long evaluations = Evolution.of(spec, seed).evaluations();
        int goals = problem.goals().size();
        double[] worst = problem.worst();
        double found = front.hypervolume(worst);
        double exact = exact().map(f -> f.hypervolume(worst)).orElse(0.0);
        double random = RandomSearch.run(problem, evaluations, seed, threads, setting.progress()).hypervolume(worst);
        if (exact > 0) {
            setting.progress().line(String.format(
                    Locale.ROOT,
                    "search: %.2f %% of the exact front's hypervolume after %,d architectures, random search %.2f %%",
                    100 * found / exact,
                    evaluations,
                    100 * random / exact));
        }
        List<Member> members = front.members().stream()
                .map(this::member)
                .sorted(Comparator.comparingDouble(m -> m.objectives()[Math.min(1, goals - 1)]))
                .toList();
        List<Interval> intervals =
                members.stream().map(m -> predictor.interval(m.architecture(), PredictorReport.ALPHA)).toList();
        return new Found(members, intervals, evaluations, found, exact, random, sample());
    }

    /** The exact front, if it can be computed, kept with its certificate; otherwise the reason is told. */
    private Optional<ParetoFront> exact() {
        Optional<String> refusal = ExactFront.refusal(problem);
        if (refusal.isPresent()) {
            setting.progress().line("no exact front to compare the search with: " + refusal.get());
            return Optional.empty();
        }
        try {
            ExactFront.Bounds bounds = new ExactFront.Bounds(new double[0], ExactFront.USUAL_BYTES);
            ExactFront.Solution solution = ExactFront.solve(problem, bounds, setting.progress());
            CertificateChecker.mistake(solution.certificate()).ifPresent(why -> {
                throw new IllegalStateException("the exact front is not proved: " + why);
            });
            folder.write("certificate.json", solution.certificate());
            return Optional.of(solution.front());
        } catch (DonnaException.InvalidInput e) {
            setting.progress().line("no exact front to compare the search with: " + e.getMessage());
            return Optional.empty();
        }
    }

    private Member member(Individual i) {
        return member(i.architecture());
    }

    Member member(Architecture a) {
        double[] objectives = new double[problem.goals().size()];
        problem.rate(a.choices(), objectives, new double[problem.constraints()]);
        double ms = latency.fixedMs() + IntStream.range(0, a.length()).mapToDouble(n -> latency.blockMs()[n][a.choice(n)]).sum();
        return new Member(a.choices(), predictor.predict(a), ms, objectives);
    }

    /** Architectures drawn uniformly, for the plot. */
    private List<Member> sample() {
        return IntStream.range(0, SAMPLED)
                .mapToObj(i -> member(draw("sample", i)))
                .filter(m -> Double.isFinite(m.predictedTop1()))
                .toList();
    }

    /** Architecture {@code index} of a uniform sequence. */
    Architecture draw(String stage, long index) {
        int[] options = setting.space().options();
        int[] choices = new int[options.length];
        for (int n = 0; n < options.length; n++) {
            choices[n] = (int) Math.unsignedMultiplyHigh(setting.seed(stage + n, index), options[n]);
        }
        return new Architecture(choices);
    }

    /** Predicts the most promising members of the front once more, as well as it can. */
    interface Judge {
        List<PredictorStage.Prediction> predict(List<Architecture> members);
    }

    /** Members of the front among which a pick is chosen. */
    static final int SHORTLIST = 5;

    /** A member of the front, and the share of the teacher's cost under which it is the most accurate. */
    record Pick(double share, Member member, PredictorStage.Prediction prediction) {}

    /** What the run keeps of them. */
    record Picks(List<Pick> picks) {}

    /**
     * One pick for each share of the teacher's latency (or of its MACs or parameters, where those are searched instead); shares that nothing on the front
     * meets, or that pick the same architecture again, are named and left out.
     *
     * @param judge decides among the few of the highest prediction; what it says extrapolates is named
     * @param teacherMacs of the reference model
     * @param teacherParams of the reference model
     */
    Picks picks(Found found, Judge judge, long teacherMacs, long teacherParams) {
        OptionalInt k = IntStream.range(0, spec.objectives().size())
                .filter(i -> spec.objectives().get(i) != EvolutionSpec.Objective.ACCURACY)
                .findFirst();
        double whole = k.isEmpty() ? 1 : switch (spec.objectives().get(k.getAsInt())) {
            case LATENCY -> latency.teacherSumMs();
            case MACS -> teacherMacs;
            case PARAMS -> teacherParams;
            case ACCURACY -> 1;
        };
        List<Double> shares = setting.spec().finetune().latencyShares();
        List<List<Member>> shortlists = shares.stream().map(share -> found.front().stream()
                        .filter(m -> k.isEmpty() || m.objectives()[k.getAsInt()] <= share * whole)
                        .sorted(Comparator.comparingDouble(m -> -m.predictedTop1()))
                        .limit(SHORTLIST)
                        .toList())
                .toList();
        List<Architecture> listed = shortlists.stream().flatMap(List::stream).map(Member::architecture).distinct().toList();
        List<PredictorStage.Prediction> predicted = judge.predict(listed);
        List<Pick> picks = new ArrayList<>();
        Set<Architecture> taken = new LinkedHashSet<>();
        for (int i = 0; i < shares.size(); i++) {
            double share = shares.get(i);
            shortlists.get(i).stream()
                    .map(m -> new Pick(share, m, predicted.get(listed.indexOf(m.architecture()))))
                    .filter(p -> Double.isFinite(p.prediction().top1()))
                    .reduce((best, p) -> p.prediction().top1() > best.prediction().top1() ? p : best)
                    .filter(p -> taken.add(p.member().architecture()))
                    .ifPresentOrElse(
                            picks::add,
                            () -> setting.progress().line("no further architecture of the front costs at most " + share
                                    + " of the teacher; nothing is picked there"));
        }
        picks.stream().filter(p -> !p.prediction().blocksOutside().isEmpty()).forEach(p -> setting.progress().line(
                setting.space().name(p.member().architecture()) + " lies outside the labelled architectures' range of NSR in "
                        + String.join(", ", p.prediction().blocksOutside()) + ": its prediction extrapolates"));
        return new Picks(picks);
    }
}
