package donna.run;

import donna.distill.BlockLibrary;
import donna.distill.Setting;
import donna.predict.AccuracyPredictor;
import donna.predict.BlockFeatures;
import donna.predict.Interval;
import donna.predict.LabelSelection;
import donna.predict.LabelledArchitecture;
import donna.predict.PredictorReport;
import donna.space.Architecture;
import donna.spec.PredictorSpec;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/** Labels a few architectures and fits the accuracy predictor on them. */
final class PredictorStage {
    private final Setting setting;
    private final RunFolder folder;
    private final BlockLibrary library;
    private final FinetuneStage finetune;
    private final AssembledStage assembled;
    private final PredictorSpec spec;

    PredictorStage(
            Setting setting, RunFolder folder, BlockLibrary library, FinetuneStage finetune, AssembledStage assembled) {
        this.setting = setting;
        this.folder = folder;
        this.library = library;
        this.finetune = finetune;
        this.assembled = assembled;
        this.spec = setting.spec().predictor();
    }

    /**
     * A prediction at its best.
     *
     * @param blocksOutside names of the blocks in which it extrapolates
     */
    record Prediction(double top1, Interval interval, List<String> blocksOutside) {}

    private static final Interval NOWHERE = new Interval(Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY);

    /** Fits when first asked: a run that finds all else done does without. Not thread-safe. */
    private final class Lazy {
        private final List<LabelledArchitecture> known;
        private Optional<AccuracyPredictor> fitted = Optional.empty();

        Lazy(List<LabelledArchitecture> known) {
            this.known = known;
        }

        AccuracyPredictor predictor() {
            AccuracyPredictor p = fitted.orElseGet(() -> {
                var options = new AccuracyPredictor.Options(spec.monotone(), spec.secondStage());
                return AccuracyPredictor.fit(BlockFeatures.ofNsr(library.nsr()), known, options);
            });
            fitted = Optional.of(p);
            return p;
        }
    }

    /** What this stage gives. Not thread-safe. */
    final class Predicted {
        private final RunFolder.Artefact<PredictorReport> report;
        private final Lazy lazy;

        private Predicted(RunFolder.Artefact<PredictorReport> report, Lazy lazy) {
            this.report = report;
            this.lazy = lazy;
        }

        /** Leave-one-out figures beside the baselines. */
        PredictorReport report() {
            return report.value();
        }

        /** Of all that the predictor depends on. */
        String hash() {
            return report.hash();
        }

        AccuracyPredictor predictor() {
            return lazy.predictor();
        }

        /** Predicts architectures: where the spec asks for it, with a trial of their finetuning. */
        List<Prediction> predict(List<Architecture> architectures) {
            AccuracyPredictor p = predictor();
            if (!p.knowsTrials()) {
                return architectures.stream()
                        .map(a -> new Prediction(p.predict(a), p.interval(a, PredictorReport.ALPHA), outside(p, a)))
                        .toList();
            }
            List<FinetuneStage.Label> trials = finetune.trial(library, architectures);
            return IntStream.range(0, trials.size())
                    .mapToObj(i -> {
                        Architecture a = architectures.get(i);
                        if (trials.get(i).failure().isPresent()) {
                            setting.progress().line(trials.get(i).failure().orElseThrow() + "; it is not picked");
                            return new Prediction(Double.NEGATIVE_INFINITY, NOWHERE, outside(p, a));
                        }
                        double trial = trials.get(i).top1();
                        return new Prediction(p.predict(a, trial), p.interval(a, trial, PredictorReport.ALPHA), outside(p, a));
                    })
                    .toList();
        }
    }

    private List<String> outside(AccuracyPredictor predictor, Architecture a) {
        return predictor.blocksOutside(a).stream().map(n -> setting.space().blocks().get(n).name()).toList();
    }

    /** Architectures on which latency is checked to be additive; other ones than those labelled, where the space is large. */
    List<Architecture> checks() {
        int count = setting.spec().latency().checkNetworks();
        int pool = Math.max(count, spec.pool());
        return count < 2 ? List.of() : LabelSelection.evenlySpaced(library.nsr(), count, pool, setting.seed("checks", 0));
    }

    Predicted run() {
        List<Architecture> toLabel = toLabel();
        List<Architecture> all = new ArrayList<>(toLabel);
        all.addAll(heldOut(toLabel));
        setting.progress().phase("assembled networks");
        List<AssembledStage.Rated> rated = assembled.rate(all);
        List<FinetuneStage.Label> labels = finetune.label(library, all);
        Optional<List<FinetuneStage.Label>> trials =
                spec.secondStage() ? Optional.of(finetune.trial(library, all)) : Optional.empty();
        List<Optional<String>> failures = IntStream.range(0, all.size())
                .mapToObj(i -> labels.get(i).failure().or(() -> trials.flatMap(t -> t.get(i).failure())))
                .toList();
        setting.progress().phase("predictor");
        check(failures.subList(0, toLabel.size()));
        Map<Architecture, Double> flow = new TreeMap<>();
        List<LabelledArchitecture> known = new ArrayList<>();
        List<LabelledArchitecture> unseen = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            flow.put(all.get(i), rated.get(i).logSynapticFlow());
            if (failures.get(i).isEmpty()) {
                List<LabelledArchitecture> side = i < toLabel.size() ? known : unseen;
                OptionalDouble trial = trials.isPresent() ? OptionalDouble.of(trials.get().get(i).top1()) : OptionalDouble.empty();
                side.add(new LabelledArchitecture(all.get(i), labels.get(i).top1(), Optional.of(rated.get(i).assembled()), trial));
            }
        }
        Lazy lazy = new Lazy(known);
        Object inputs = List.of(known, unseen, flow, library.nsr(), spec.monotone(), spec.secondStage(), spec.pool());
        long seed = setting.spec().seed();
        RunFolder.Artefact<PredictorReport> report = folder.artefact("predictor.json", seed, inputs, PredictorReport.class,
                () -> PredictorReport.of(
                        lazy.predictor(), baselines(flow), unseen, List.copyOf(pool("next label", spec.pool()))));
        return new Predicted(report, lazy);
    }

    private List<Architecture> toLabel() {
        if (!spec.labels().isEmpty()) {
            return spec.labels().stream().map(setting.space()::parse).toList();
        }
        return LabelSelection.evenlySpaced(
                library.nsr(), spec.architectures(), spec.pool(), setting.seed("labels", 0));
    }

    /** Architectures drawn uniformly on which the predictor is only rated. */
    private List<Architecture> heldOut(List<Architecture> labelled) {
        return pool("held out", spec.heldOut() + labelled.size()).stream()
                .filter(a -> !labelled.contains(a))
                .limit(spec.heldOut())
                .toList();
    }

    private Set<Architecture> pool(String purpose, int count) {
        return LabelSelection.random(library.nsr(), count, setting.seed(purpose, 0));
    }

    private void check(List<Optional<String>> failures) {
        List<String> failed = failures.stream().flatMap(Optional::stream).toList();
        failed.forEach(why -> setting.progress().line(why + "; the predictor does without it"));
        if (failures.size() - failed.size() < AccuracyPredictor.LEAST_LABELS && !failed.isEmpty()) {
            throw new DonnaException.Diverged("predictor: " + failed.size() + " of " + failures.size()
                    + " labelled architectures diverged; at least " + AccuracyPredictor.LEAST_LABELS
                    + " others are needed; lower predictor.train.lr (now " + spec.train().lr()
                    + ") or set optimizer.clip");
        }
    }

    private Map<String, ToDoubleFunction<LabelledArchitecture>> baselines(Map<Architecture, Double> flow) {
        Map<String, ToDoubleFunction<LabelledArchitecture>> out = new LinkedHashMap<>();
        out.put("macs", l -> sum(l.architecture(), BlockLibrary.Entry::macs));
        out.put("params", l -> sum(l.architecture(), BlockLibrary.Entry::params));
        out.put("synflow", l -> flow.get(l.architecture()));
        return out;
    }

    private double sum(Architecture a, ToLongFunction<BlockLibrary.Entry> count) {
        return IntStream.range(0, a.length()).mapToLong(n -> count.applyAsLong(library.entry(n, a.choice(n)))).sum();
    }
}
