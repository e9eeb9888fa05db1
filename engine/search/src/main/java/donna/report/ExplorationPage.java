package donna.report;

import donna.report.Exploration.Part;
import donna.report.Html.Cell;
import java.util.ArrayList;
import java.util.List;

/** Writes an {@link Exploration} as a page of one file: the answer in words, the fronts as a plot, every number in a table. Thread-safe. */
public final class ExplorationPage {
    private ExplorationPage() {}

    /** The page, HTML 5 in UTF-8. */
    public static String html(Exploration e) {
        return Page.of("what matters in " + e.name(), e, "explore.js", h -> write(h, e));
    }

    private static void write(Html h, Exploration e) {
        h.raw("<header>\n").element("h1", "What matters in " + e.name());
        h.raw("<p class=\"facts\">").raw(Html.escape(e.dataset() + " · " + e.machine() + " · " + e.device() + " · DONNA " + e.version()));
        h.raw("</p>\n</header>\n<section>\n").element("h2", "The answer");
        ExplorationWords.answer(e).forEach(h::paragraph);
        h.raw("</section>\n<section>\n").element("h2", "Fronts of parts of the space");
        h.plot("fronts", "Predicted top-1 accuracy against " + ExplorationWords.word(e) + ": the exact front of the whole space and of parts of it");
        h.table(
                List.of("only", "architectures", "hypervolume", "mean loss, points", "largest loss", "at", "cost at equal accuracy", "verdict"),
                e.parts().stream().map(p -> row(e, p)).toList());
        h.raw("</section>\n<section>\n").element("h2", "What the whole space's front is made of");
        h.paragraph("Share of the front's " + e.whole().size() + " architectures that take a value, by block.");
        uses(h, e);
        h.folded(
                "The front as a table",
                List.of("architecture", "predicted top-1", ExplorationWords.word(e)),
                e.whole().stream()
                        .map(p -> List.of(Cell.text(p.architecture()), Cell.number(Figures.percent(p.predictedTop1())),
                                Cell.number(ExplorationWords.cost(e, p.cost()))))
                        .toList());
        h.raw("</section>\n");
    }

    private static List<Cell> row(Exploration e, Part p) {
        boolean compared = p.verdict() != Exploration.Verdict.IMPOSSIBLE;
        boolean reached = compared && p.reach() > 0;
        return List.of(
                Cell.text(ExplorationWords.name(p)),
                Cell.number(Figures.count(Double.parseDouble(p.architectures()))),
                Cell.bar(Figures.percent(p.hypervolumeShare()), p.hypervolumeShare()),
                Cell.number(reached ? ExplorationWords.points(p.meanLoss()) : ""),
                Cell.number(reached ? ExplorationWords.points(p.worstLoss()) : ""),
                Cell.number(reached ? ExplorationWords.cost(e, p.worstCost()) : ""),
                Cell.number(compared ? Figures.times(p.costRatio()) : ""),
                Cell.text(switch (p.verdict()) {
                    case MATTERS -> "matters";
                    case LITTLE -> "matters little";
                    case NOT -> "no loss";
                    case IMPOSSIBLE -> "block " + p.emptyBlock() + " has none";
                }));
    }

    private static void uses(Html h, Exploration e) {
        if (e.uses().isEmpty()) {
            return;
        }
        List<String> head = new ArrayList<>(List.of("value"));
        head.addAll(e.uses().getFirst().shares().keySet());
        List<List<Cell>> rows = new ArrayList<>();
        for (Exploration.Use u : e.uses()) {
            List<Cell> row = new ArrayList<>(List.of(Cell.text(u.axis() + "=" + u.value())));
            u.shares().values().forEach(share -> row.add(Cell.bar("%.0f %%".formatted(100 * share), share)));
            rows.add(row);
        }
        h.table(head, rows);
    }
}
