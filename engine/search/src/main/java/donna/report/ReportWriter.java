package donna.report;

import java.util.List;

/**
 * Writes a {@link Summary} as a page for people and as a table for programs. The page is one file: styles, plots and their library are inside, nothing
 * is loaded from elsewhere, and every number is also in a table, so that it can be read without scripts. Thread-safe.
 */
public final class ReportWriter {
    private ReportWriter() {}

    /** The page, HTML 5 in UTF-8. */
    public static String html(Summary s) {
        return Page.of(s.name(), s, "report.js", h -> new ReportSections(h, s).write());
    }

    /** The Pareto front and the picks, comma-separated with a header line (RFC 4180). */
    public static String csv(Summary s) {
        StringBuilder out = new StringBuilder("kind,architecture,predictedTop1,top1,latencyMs,macs,params\n");
        for (Summary.FrontPoint p : s.front()) {
            row(out, List.of("front", p.architecture(), p.predictedTop1(), "", p.latencyMs(), "", ""));
        }
        for (Summary.Model m : s.models()) {
            row(out, List.of("model", m.architecture(), m.predictedTop1(), m.top1(), m.latencyMs(), m.macs(), m.params()));
        }
        Summary.Teacher t = s.teacher();
        row(out, List.of("teacher", t.architecture(), "", t.top1(), t.latencyMs(), t.macs(), t.params()));
        for (Summary.Baseline b : s.baselines()) {
            row(out, List.of(b.kind(), b.architecture(), "", b.top1(), b.latencyMs(), b.macs(), b.params()));
        }
        return out.toString();
    }

    private static void row(StringBuilder out, List<Object> cells) {
        for (int i = 0; i < cells.size(); i++) {
            String cell = cells.get(i).toString();
            boolean quoted = cell.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
            out.append(i == 0 ? "" : ",").append(quoted ? '"' + cell.replace("\"", "\"\"") + '"' : cell);
        }
        out.append('\n');
    }
}
