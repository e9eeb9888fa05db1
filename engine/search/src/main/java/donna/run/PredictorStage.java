package donna.run;

import donna.distill.BlockLibrary;
import donna.distill.Setting;
import donna.predict.AccuracyPredictor;
import donna.predict.LabelSelection;
import donna.predict.LabelledArchitecture;
import donna.predict.PredictorReport;
import donna.space.Architecture;
import donna.spec.PredictorSpec;
import donna.tensor.DonnaException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/** Labels a few architectures and fits the accuracy predictor on them. */
final class PredictorStage {
    /** As many labels as a predictor needs. */
    private static final int LEAST = 4;

    private final Setting setting;
    private final BlockLibrary library;

    PredictorStage(Setting setting, BlockLibrary library) {
        this.setting = setting;
        this.library = library;
    }

    /** The architectures to label. */
    List<Architecture> architectures() {
        PredictorSpec p = setting.spec().predictor();
        if (!p.labels().isEmpty()) {
            return p.labels().stream().map(setting.space()::parse).toList();
        }
        return LabelSelection.evenlySpaced(library.nsr(), p.architectures(), p.pool(), setting.seed("labels", 0));
    }

    /** Architectures on which latency is checked to be additive; other ones than those labelled, where the space is large. */
    List<Architecture> checks() {
        int count = setting.spec().latency().checkNetworks();
        int pool = Math.max(count, setting.spec().predictor().pool());
        return count < 2 ? List.of() : LabelSelection.evenlySpaced(library.nsr(), count, pool, setting.seed("checks", 0));
    }

    AccuracyPredictor fit(List<FinetuneStage.Label> labels) {
        setting.progress().phase("predictor");
        List<FinetuneStage.Label> failed = labels.stream().filter(l -> l.failure().isPresent()).toList();
        failed.forEach(l -> setting.progress().line(l.failure().orElseThrow() + "; the predictor does without it"));
        if (labels.size() - failed.size() < LEAST && !failed.isEmpty()) {
            throw new DonnaException.Diverged("predictor: " + failed.size() + " of " + labels.size() + " labelled architectures diverged; at least "
                    + LEAST + " others are needed; lower predictor.train.lr (now " + setting.spec().predictor().train().lr()
                    + ") or set optimizer.clip");
        }
        List<LabelledArchitecture> known = labels.stream()
                .filter(l -> l.failure().isEmpty())
                .map(l -> new LabelledArchitecture(setting.space().parse(l.architecture()), l.top1(), l.beforeTop1()))
                .toList();
        return AccuracyPredictor.fit(library.nsr(), known, setting.spec().predictor().monotone());
    }

    /** How the picks are told apart: by their prediction, or where the spec asks for it also by what they reach before finetuning. */
    FrontStage.Judge judge(AccuracyPredictor predictor, FinetuneStage finetune) {
        if (!setting.spec().predictor().secondStage()) {
            return members -> members.stream().mapToDouble(FrontStage.Member::predictedTop1).toArray();
        }
        return members -> {
            List<Architecture> architectures = members.stream().map(FrontStage.Member::architecture).toList();
            double[] before = finetune.before(library, architectures);
            return IntStream.range(0, before.length)
                    .mapToDouble(i -> predictor.predict(architectures.get(i), before[i]))
                    .toArray();
        };
    }

    /** Leave-one-out figures beside the baselines. */
    PredictorReport report(AccuracyPredictor predictor) {
        return predictor.report(new TreeMap<>(Map.of(
                "macs", scores(predictor, BlockLibrary.Entry::macs), "params", scores(predictor, BlockLibrary.Entry::params))));
    }

    private double[] scores(AccuracyPredictor predictor, ToLongFunction<BlockLibrary.Entry> count) {
        return predictor.labels().stream()
                .mapToDouble(l -> IntStream.range(0, l.architecture().length())
                        .mapToLong(n -> count.applyAsLong(library.entry(n, l.architecture().choice(n))))
                        .sum())
                .toArray();
    }
}
