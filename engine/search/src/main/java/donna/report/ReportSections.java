package donna.report;

import static donna.report.Figures.count;
import static donna.report.Figures.milliseconds;
import static donna.report.Figures.percent;
import static donna.report.Figures.points;
import static donna.report.Figures.seconds;
import static donna.report.Figures.tau;
import static donna.report.Figures.times;

import donna.report.Html.Cell;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The page's sections, from the result down to how it came about. */
final class ReportSections {
    private final Html h;
    private final Summary s;

    ReportSections(Html h, Summary s) {
        this.h = h;
        this.s = s;
    }

    void write() {
        head();
        picks();
        front();
        baselines();
        predictor();
        library();
        latency();
        cost();
    }

    private void head() {
        h.raw("<header>\n").element("h1", s.name());
        if (!s.models().isEmpty()) {
            double low = s.models().stream().mapToDouble(Summary.Model::top1).min().orElseThrow();
            double high = s.models().stream().mapToDouble(Summary.Model::top1).max().orElseThrow();
            double slow = s.models().stream().mapToDouble(this::speedup).min().orElseThrow();
            double fast = s.models().stream().mapToDouble(this::speedup).max().orElseThrow();
            h.raw("<p class=\"lead\">")
                    .raw(Html.escape(s.models().size() + " models at " + range(percent(low), percent(high)) + " top-1, "
                            + range(times(slow), times(fast)) + " as fast as the teacher at " + percent(s.teacher().top1()) + "."))
                    .raw("</p>\n");
        }
        h.raw("<p class=\"facts\">")
                .raw(Html.escape(s.dataset() + " · " + s.machine() + " · " + s.device() + " · " + plural(s.threads(), "thread") + " · seed " + s.seed()
                        + " · DONNA " + s.version()))
                .raw("</p>\n</header>\n");
    }

    private double speedup(Summary.Model m) {
        return s.teacher().latencyMs() / m.latencyMs();
    }

    private static String range(String low, String high) {
        return low.equals(high) ? low : low + " to " + high;
    }

    private static String plural(int n, String word) {
        return n + " " + word + (n == 1 ? "" : "s");
    }

    private void picks() {
        section("Picked models");
        Summary.Teacher t = s.teacher();
        List<List<Cell>> rows = new ArrayList<>();
        rows.add(List.of(
                Cell.text("teacher"), Cell.text(t.architecture()), Cell.number(percent(t.top1())), Cell.number(""),
                Cell.number(milliseconds(t.latencyMs())), Cell.number(times(1)), Cell.number(count(t.macs())), Cell.number(count(t.params())),
                Cell.number("")));
        for (Summary.Model m : s.models()) {
            rows.add(List.of(
                    Cell.text(m.name()), Cell.text(m.architecture()), Cell.number(percent(m.top1())),
                    Cell.number(predicted(m)), Cell.number(milliseconds(m.latencyMs())), Cell.number(times(speedup(m))),
                    Cell.number(count(m.macs())), Cell.number(count(m.params())), Cell.number(Figures.scientific(m.onnxMaxAbsDiff()))));
        }
        h.table(
                List.of("model", "architecture", "top-1", "predicted", "latency", "speed", "MACs", "parameters", "ONNX |Δ|"),
                rows);
        h.paragraph("Top-1 is measured on " + s.testImages() + " test images, which nothing else used; one standard error is "
                + points(standardError(t.top1())).substring(1) + " points. Predictions are of the validation accuracy after a short finetuning, with the interval "
                + "that should hold nine of ten" + (s.models().stream().allMatch(m -> m.blocksOutside().isEmpty()) ? ". " : "; * extrapolates beyond what was labelled. ")
                + "Latency is one batch of " + s.latency().batch() + ", whole network, on " + plural(s.latency().threads(), "thread")
                + ". ONNX |Δ| is the largest difference of a logit between the exported file and this engine.");
        endSection();
    }

    private static String predicted(Summary.Model m) {
        String range = range(percent(m.lowTop1()).replace(" %", ""), percent(m.highTop1()).replace(" %", ""));
        return percent(m.predictedTop1()) + " (" + range + ")" + (m.blocksOutside().isEmpty() ? "" : " *");
    }

    private double standardError(double p) {
        return Math.sqrt(p * (1 - p) / Math.max(1, s.testImages()));
    }

    private void front() {
        section("Accuracy and latency");
        h.plot("pareto", "Top-1 accuracy against latency: sampled architectures, the Pareto front, the picked models, the teacher and the baselines");
        Summary.Evolution e = s.evolution();
        h.paragraph(e.algorithm() + ", population " + e.population() + ", " + e.generations() + " generations, " + e.evaluations()
                + " architectures rated. "
                + (e.exactHypervolume() > 0
                        ? "Hypervolume of its front: " + percent(e.hypervolume() / e.exactHypervolume())
                                + " of the exact front's; of as many random architectures: "
                                + percent(e.randomHypervolume() / e.exactHypervolume()) + "."
                        : "The exact front was not computed."));
        h.folded(
                "The front as a table: " + s.front().size() + " architectures",
                List.of("architecture", "predicted top-1", "interval", "latency"),
                s.front().stream()
                        .map(p -> List.of(
                                Cell.text(p.architecture()), Cell.number(percent(p.predictedTop1())),
                                Cell.number(percent(p.lowTop1()) + " – " + percent(p.highTop1())), Cell.number(milliseconds(p.latencyMs()))))
                        .toList());
        endSection();
    }

    private void baselines() {
        if (s.baselines().isEmpty()) {
            return;
        }
        section("Comparisons at about equal latency");
        Map<String, Summary.Model> picks = s.models().stream().collect(Collectors.toMap(Summary.Model::architecture, m -> m, (a, _) -> a));
        List<List<Cell>> rows = new ArrayList<>();
        for (Summary.Baseline b : s.baselines()) {
            Summary.Model pick = picks.get(b.comparedWith());
            rows.add(List.of(
                    Cell.text(b.kind()), Cell.text(b.architecture()), Cell.text(pick == null ? b.comparedWith() : pick.name()),
                    Cell.number(percent(b.top1())), Cell.number(pick == null ? "" : points(pick.top1() - b.top1())),
                    Cell.number(milliseconds(b.latencyMs())), Cell.number(Figures.digits(b.epochs())), Cell.number(count(b.macs())),
                    Cell.number(count(b.params()))));
        }
        h.table(
                List.of("kind", "architecture", "beside", "top-1", "the pick's lead, points", "latency", "epochs", "MACs", "parameters"), rows);
        endSection();
    }

    private void predictor() {
        section("Accuracy predictor");
        Summary.Predictor p = s.predictor();
        h.paragraph("Fitted on " + p.n() + " finetuned architectures. Leave-one-out, nested: Kendall's tau " + tau(p.leaveOneOutTau())
                + ", error (RMSE) " + error(p.leaveOneOutRmse()) + " points.");
        h.raw("<div class=\"columns\">\n").plot("predictor", "Predicted against measured accuracy of the labelled architectures").raw("<div>\n");
        taus("Kendall's tau", p.leaveOneOutTau(), Map.of("predictor, from the blocks alone", p.searchTau()), p.baselines());
        h.raw("</div>\n</div>\n");
        p.heldOut().forEach(o -> {
            h.paragraph("On " + o.n() + " further architectures that it was not fitted on: tau " + tau(o.tau()) + ", error " + error(o.rmse())
                    + " points; " + percent(o.coverage()) + " of them lie inside their intervals, which promise 90 %.");
            taus("Kendall's tau on these", o.tau(), Map.of(), o.baselines());
        });
        h.paragraph("The most informative architecture to label next is " + p.next().architecture() + ": over the space, the standard error of "
                + "predictions would fall from " + error(p.next().standardError()) + " to " + error(p.next().standardErrorAfter()) + " points.");
        h.folded(
                "The labelled architectures as a table",
                List.of("architecture", "measured", "predicted without it", "interval"),
                p.labels().stream()
                        .map(l -> List.of(
                                Cell.text(l.architecture()), Cell.number(percent(l.top1())), Cell.number(percent(l.predictedTop1())),
                                Cell.number(percent(l.lowTop1()) + " – " + percent(l.highTop1()))))
                        .toList());
        endSection();
    }

    private void taus(String head, double own, Map<String, Double> search, Map<String, Double> baselines) {
        Map<String, Double> taus = new LinkedHashMap<>();
        taus.put("predictor", own);
        taus.putAll(search);
        taus.putAll(baselines);
        h.table(
                List.of("ranks by", head),
                taus.entrySet().stream().map(e -> List.of(Cell.text(e.getKey()), Cell.bar(tau(e.getValue()), e.getValue()))).toList());
    }

    private static String error(double share) {
        return points(share).substring(1);
    }

    private void library() {
        section("Block library");
        h.paragraph(s.library().candidates() + " candidates distilled in " + seconds(s.library().seconds())
                + ". The noise-to-signal ratio (NSR) is 0 for a perfect copy of the teacher's block and 1 for the mean of each channel.");
        h.plot("library", "Noise-to-signal ratio against latency of every candidate, by block");
        Map<String, Map<String, Summary.Candidate>> byName = new LinkedHashMap<>();
        s.library().blocks().forEach(b -> b.candidates().forEach(c -> byName.computeIfAbsent(c.name(), _ -> new LinkedHashMap<>()).put(b.name(), c)));
        List<String> head = new ArrayList<>(List.of("candidate"));
        s.library().blocks().forEach(b -> head.add("NSR " + b.name()));
        s.library().blocks().forEach(b -> head.add("latency " + b.name()));
        double worst = s.library().blocks().stream().flatMap(b -> b.candidates().stream()).mapToDouble(Summary.Candidate::nsr).max().orElse(1);
        List<List<Cell>> rows = new ArrayList<>();
        byName.forEach((name, cells) -> {
            List<Cell> row = new ArrayList<>(List.of(Cell.text(name)));
            s.library().blocks().forEach(b -> row.add(nsr(cells.get(b.name()), worst)));
            s.library().blocks().forEach(b -> row.add(latency(cells.get(b.name()))));
            rows.add(row);
        });
        h.folded("Every candidate as a table", head, rows);
        List<String> failed = s.library().blocks().stream().flatMap(b -> b.failed().stream()).toList();
        if (!failed.isEmpty()) {
            h.folded(plural(failed.size(), "candidate") + " whose training failed", List.of("what happened"), failed.stream().map(f -> List.of(Cell.text(f))).toList());
        }
        endSection();
    }

    private static Cell nsr(Summary.Candidate c, double worst) {
        return c == null ? Cell.number("") : Cell.bar("%.3f".formatted(c.nsr()), c.nsr() / worst);
    }

    private static Cell latency(Summary.Candidate c) {
        return c == null ? Cell.number("") : Cell.number(milliseconds(c.latencyMs()));
    }

    private void latency() {
        section("Do block latencies add up?");
        Summary.Latency l = s.latency();
        h.raw("<div class=\"columns\">\n").plot("latency", "Measured latency of whole networks against the sum of their blocks").raw("<div>\n");
        h.paragraph("A whole network takes " + times(l.ratioMedian()) + " the sum of its parts (median of " + l.networks().size() + "; "
                + times(l.ratioLow()) + " to " + times(l.ratioHigh()) + "). Kendall's tau between the two is " + tau(l.sumToWholeTau()) + ".");
        h.folded(
                "The networks as a table",
                List.of("architecture", "sum of blocks", "whole", "ratio"),
                l.networks().stream()
                        .map(n -> List.of(
                                Cell.text(n.architecture()), Cell.number(milliseconds(n.sumMs())), Cell.number(milliseconds(n.wholeMs())),
                                Cell.number(times(n.wholeMs() / n.sumMs()))))
                        .toList());
        h.raw("</div>\n</div>\n");
        endSection();
    }

    private void cost() {
        section("Cost");
        double total = s.seconds().values().stream().mapToDouble(Double::doubleValue).sum();
        List<List<Cell>> rows = new ArrayList<>();
        s.seconds().forEach((phase, t) -> rows.add(List.of(Cell.text(phase), Cell.bar(seconds(t), t / total))));
        rows.add(List.of(Cell.text("together"), Cell.number(seconds(total))));
        Summary.Epochs e = s.epochs();
        h.raw("<div class=\"columns\">\n<div>\n").table(List.of("phase", "time"), rows).raw("</div>\n<div>\n");
        h.table(
                List.of("in epochs of the whole training set", ""),
                List.of(
                        List.of(Cell.text("teacher"), Cell.number(Figures.digits(e.teacher()))),
                        List.of(Cell.text("library"), Cell.number(Figures.digits(e.library()))),
                        List.of(Cell.text("predictor"), Cell.number(Figures.digits(e.predictor()))),
                        List.of(Cell.text("each model"), Cell.number(Figures.digits(e.perModel())))));
        h.paragraph("Peak memory of the process: " + Figures.mebibytes(s.peakMemoryBytes()) + ".").raw("</div>\n</div>\n");
        endSection();
    }

    private void section(String title) {
        h.raw("<section>\n").element("h2", title);
    }

    private void endSection() {
        h.raw("</section>\n");
    }
}
