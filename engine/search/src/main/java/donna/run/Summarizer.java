package donna.run;

import donna.cost.Additivity;
import donna.distill.BlockLibrary;
import donna.distill.Networks;
import donna.distill.Setting;
import donna.format.AtomicFile;
import donna.predict.Interval;
import donna.predict.PredictorReport;
import donna.report.ReportWriter;
import donna.report.Summary;
import donna.spec.SearchSpec;
import donna.spec.TrainSpec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Puts the numbers of a run together. */
final class Summarizer {
    private final Setting setting;

    Summarizer(Setting setting) {
        this.setting = setting;
    }

    /** Everything the stages gave. */
    record Results(
            TeacherStage.Facts teacher,
            BlockLibrary library,
            PredictorReport predictor,
            CostStage.Table latency,
            FrontStage.Found found,
            PickStage.Models models,
            List<Summary.Baseline> baselines,
            Map<String, Double> seconds) {}

    /** Writes {@code summary.json}, {@code pareto.csv} and {@code report.html} into the run folder, which then needs its checkpoints no longer. */
    Summary write(RunFolder folder, Results r) {
        Summary summary = summarize(folder.root().toAbsolutePath().normalize().getFileName().toString(), r);
        folder.write("summary.json", summary);
        AtomicFile.write(folder.path("pareto.csv"), ReportWriter.csv(summary).getBytes(StandardCharsets.UTF_8));
        AtomicFile.write(folder.path("report.html"), ReportWriter.html(summary).getBytes(StandardCharsets.UTF_8));
        folder.removeAll("checkpoint");
        return summary;
    }

    private Summary summarize(String name, Results r) {
        SearchSpec spec = setting.spec();
        return new Summary(
                name,
                RunFolder.VERSION,
                Machine.describe(),
                setting.device().name(),
                spec.seed(),
                setting.workers().count(),
                spec.dataset().name().word(),
                setting.images().test().size(),
                new Summary.Teacher(Networks.teacherName(spec), r.teacher().testTop1(), r.models().teacherMs(), r.teacher().macs(), r.teacher().params()),
                library(r),
                predictor(r.predictor()),
                latency(r.latency()),
                new Summary.Evolution(
                        spec.search().algorithm().name().toLowerCase(Locale.ROOT).replace("nsga2", "NSGA-II"),
                        spec.search().population(),
                        spec.search().generations(),
                        r.found().evaluations(),
                        r.found().hypervolume(),
                        r.found().exactHypervolume(),
                        r.found().randomHypervolume(),
                        r.found().sampled().stream().map(m -> new Summary.Sample(m.predictedTop1(), m.latencyMs())).toList()),
                front(r.found()),
                r.models().models().stream().map(this::model).toList(),
                r.baselines(),
                epochs(),
                r.seconds(),
                Machine.peakMemoryBytes());
    }

    private List<Summary.FrontPoint> front(FrontStage.Found found) {
        List<Summary.FrontPoint> out = new ArrayList<>();
        for (int i = 0; i < found.front().size(); i++) {
            FrontStage.Member m = found.front().get(i);
            Interval range = found.intervals().get(i);
            out.add(new Summary.FrontPoint(
                    setting.space().name(m.architecture()), m.predictedTop1(), range.low(), range.high(), m.latencyMs()));
        }
        return out;
    }

    private Summary.Library library(Results r) {
        List<Summary.Block> blocks = new ArrayList<>();
        for (int n = 0; n < setting.space().blocks().size(); n++) {
            List<Summary.Candidate> candidates = new ArrayList<>();
            List<String> failed = new ArrayList<>();
            for (int m = 0; m < setting.space().options()[n]; m++) {
                BlockLibrary.Entry e = r.library().entry(n, m);
                String name = setting.space().candidate(n, m).toString();
                Summary.Candidate c = new Summary.Candidate(name, e.nsr(), r.latency().blockMs()[n][m], e.macs(), e.params());
                e.failure().ifPresentOrElse(why -> failed.add(name + ": " + why), () -> candidates.add(c));
            }
            blocks.add(new Summary.Block(setting.space().blocks().get(n).name(), candidates, failed));
        }
        return new Summary.Library(setting.space().candidateCount(), r.seconds().getOrDefault(Stage.LIBRARY.word(), 0.0), blocks);
    }

    /** How baselines are called, in the order in which they are shown. */
    private static final Map<String, String> BASELINES = baselineNames();

    private static Map<String, String> baselineNames() {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("sumOfNsr", "plain sum of NSRs");
        names.put("top1BeforeFinetuning", "accuracy before finetuning");
        names.put("teacherKl", "divergence from the teacher before finetuning");
        names.put("top1AfterTrial", "accuracy after a trial of finetuning");
        names.put("macs", "MACs");
        names.put("params", "parameters");
        names.put("synflow", "SynFlow, a zero-cost proxy");
        return names;
    }

    private static Map<String, Double> taus(Map<String, PredictorReport.Baseline> baselines) {
        Map<String, Double> out = new LinkedHashMap<>();
        BASELINES.forEach((key, name) -> Optional.ofNullable(baselines.get(key)).ifPresent(b -> out.put(name, b.tau())));
        return out;
    }

    private Summary.Predictor predictor(PredictorReport p) {
        List<Summary.Label> labels = p.labels().stream()
                .map(l -> new Summary.Label(
                        setting.space().name(l.architecture()), l.top1(), l.predictedTop1(), l.interval().low(), l.interval().high()))
                .toList();
        return new Summary.Predictor(
                p.n(),
                p.leaveOneOut().tau(),
                p.leaveOneOut().rmse(),
                p.baselines().get("sumOfNsr").tau(),
                p.searchLeaveOneOut().tau(),
                p.searchLeaveOneOut().rmse(),
                taus(p.baselines()),
                p.heldOut().stream().map(h -> new Summary.HeldOut(h.n(), h.predictor().tau(), h.predictor().rmse(), h.coverage(), taus(h.baselines()))).toList(),
                new Summary.NextLabel(setting.space().name(p.next().architecture()), p.next().standardError(), p.next().standardErrorAfter()),
                labels);
    }

    private Summary.Latency latency(CostStage.Table t) {
        List<Summary.Network> networks = t.checks().stream().map(c -> new Summary.Network(c.architecture(), c.sumMs(), c.wholeMs())).toList();
        int threads = setting.spec().latency().threads();
        if (networks.size() < 2) {
            return new Summary.Latency(t.batch(), threads, 0, 0, 0, 0, networks);
        }
        Additivity a = Additivity.of(
                t.checks().stream().mapToDouble(CostStage.Check::sumMs).toArray(),
                t.checks().stream().mapToDouble(CostStage.Check::wholeMs).toArray());
        return new Summary.Latency(t.batch(), threads, a.tau(), a.ratioMin(), a.ratioMedian(), a.ratioMax(), networks);
    }

    private Summary.Model model(PickStage.Model m) {
        return new Summary.Model(
                "at " + m.share() + " of the teacher's cost",
                setting.space().name(m.member().architecture()),
                m.facts().testTop1(),
                m.facts().validationTop1(),
                m.prediction().top1(),
                m.prediction().interval().low(),
                m.prediction().interval().high(),
                m.prediction().blocksOutside(),
                m.latencyMs(),
                m.member().latencyMs(),
                m.facts().macs(),
                m.facts().params(),
                m.onnxMaxAbsDiff(),
                m.folder());
    }

    /** Cost in passes over the whole training set. A candidate counts as one block of a network. */
    private Summary.Epochs epochs() {
        SearchSpec s = setting.spec();
        double teacher = s.teacher().weights().isPresent() ? 0 : passes(s.teacher().train());
        double library = passes(s.distill().train()) * setting.space().candidateCount() / setting.space().blocks().size();
        int labels = s.predictor().labels().isEmpty() ? s.predictor().architectures() : s.predictor().labels().size();
        int rated = labels + s.predictor().heldOut();
        int tried = s.predictor().secondStage() ? rated + FrontStage.SHORTLIST * s.finetune().latencyShares().size() : 0;
        double predictor = rated * passes(s.predictor().train()) + tried * passes(FinetuneStage.trial(s.predictor()));
        return new Summary.Epochs(teacher, library, predictor, passes(s.finetune().train()));
    }

    private double passes(TrainSpec t) {
        return t.epochs() * (double) t.images() / setting.spec().dataset().train();
    }
}
