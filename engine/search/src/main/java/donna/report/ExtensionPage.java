package donna.report;

import static donna.report.Figures.percent;
import static donna.report.Figures.points;
import static donna.report.Figures.tau;

import donna.report.Html.Cell;
import java.util.ArrayList;
import java.util.List;

/** Writes an {@link Extension} as sentences and as a page of one file. Thread-safe. */
public final class ExtensionPage {
    private ExtensionPage() {}

    /** What came of it, in sentences. */
    public static List<String> answer(Extension e) {
        List<String> out = new ArrayList<>();
        long usable = e.added().stream().filter(a -> Double.isFinite(a.nsr())).count();
        out.add(e.added().size() + " candidates were distilled and timed (" + usable + " can be used); teacher, old candidates, their latencies and the "
                + e.labels() + " labels were kept.");
        if (e.checks().size() >= 2) {
            long inside = e.checks().stream().filter(c -> c.top1() >= c.lowTop1() && c.top1() <= c.highTop1()).count();
            long outside = e.checks().stream().filter(Extension.Check::extrapolates).count();
            out.add("The predictor never saw them. On " + e.checks().size() + " finetuned architectures made of them it ranks with Kendall's tau "
                    + tau(e.tau()) + " (plain sum of NSRs " + tau(e.naiveTau()) + "; leave-one-out on the old labels " + tau(e.leaveOneOutTau())
                    + "), error " + points(e.rmse()).substring(1) + " points (" + points(e.leaveOneOutRmse()).substring(1) + "), bias " + points(e.bias())
                    + "; " + inside + " of " + e.checks().size() + " lie in the 90 % interval, " + outside + " are extrapolations."
                    + (e.checks().size() < 10 ? " A rank correlation of so few says little; --check takes more." : ""));
        }
        out.add(percent(e.frontShare()) + " of the front's architectures hold a new candidate. Without them it would lose "
                + points(Math.max(0, e.meanGain())).substring(1) + " points at equal latency and need " + Figures.times(e.costRatio())
                + " the latency at equal predicted accuracy.");
        return out;
    }

    /** The page, HTML 5 in UTF-8. */
    public static String html(Extension e) {
        return Page.of("extension of " + e.name(), e, "extend.js", h -> write(h, e));
    }

    private static void write(Html h, Extension e) {
        h.raw("<header>\n").element("h1", "Extension of " + e.name());
        h.raw("<p class=\"facts\">").raw(Html.escape(e.dataset() + " · " + e.machine() + " · " + e.device() + " · DONNA " + e.version()));
        h.raw("</p>\n</header>\n<section>\n").element("h2", "What came of it");
        answer(e).forEach(h::paragraph);
        h.raw("<div class=\"columns\">\n").plot("fronts", "Predicted top-1 accuracy against latency: the front with and without the new candidates");
        h.plot("checks", "Measured against predicted accuracy of architectures made of new candidates").raw("</div>\n");
        h.table(
                List.of("architecture", "measured", "predicted", "interval", ""),
                e.checks().stream()
                        .map(c -> List.of(
                                Cell.text(c.architecture()), Cell.number(percent(c.top1())), Cell.number(percent(c.predictedTop1())),
                                Cell.number(percent(c.lowTop1()) + " – " + percent(c.highTop1())), Cell.text(c.extrapolates() ? "extrapolated" : "")))
                        .toList());
        h.raw("</section>\n<section>\n").element("h2", "The new candidates");
        double worst = e.added().stream().mapToDouble(Extension.Added::nsr).filter(Double::isFinite).max().orElse(1);
        h.table(
                List.of("block", "candidate", "NSR", "latency"),
                e.added().stream()
                        .map(a -> List.of(
                                Cell.text(a.block()), Cell.text(a.candidate()),
                                Double.isFinite(a.nsr()) ? Cell.bar("%.3f".formatted(a.nsr()), a.nsr() / worst) : Cell.number("failed"),
                                Cell.number(Figures.milliseconds(a.latencyMs()))))
                        .toList());
        h.raw("</section>\n");
    }
}
