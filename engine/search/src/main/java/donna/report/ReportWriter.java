package donna.report;

import donna.spec.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes a {@link Summary} as a page for people and as a table for programs. The page is one file: styles, plots and their library are inside, nothing
 * is loaded from elsewhere, and every number is also in a table, so that it can be read without scripts. Thread-safe.
 */
public final class ReportWriter {
    private ReportWriter() {}

    /** The page, HTML 5 in UTF-8. */
    public static String html(Summary s) {
        Html h = new Html();
        h.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .element("title", "DONNA · " + s.name())
                .raw("<style>\n" + resource("report.css") + "</style>\n</head>\n<body>\n<main>\n");
        new ReportSections(h, s).write();
        h.raw("</main>\n<script type=\"application/json\" id=\"summary\">\n")
                .raw(scriptSafe(Json.text(s)))
                .raw("</script>\n<script>\n" + resource("echarts.common.min.js") + "\n</script>\n<script>\n")
                .raw(resource("report.js") + "</script>\n</body>\n</html>\n");
        return h.toString();
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

    /** Inside a script element only {@code <} can end it; JSON lets it be written as an escape. */
    private static String scriptSafe(String json) {
        return json.replace("<", "\\u003c");
    }

    private static String resource(String name) {
        try (InputStream in = ReportWriter.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the resource donna/report/" + name + " is missing; build the project again");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the resource donna/report/" + name + " cannot be read: " + e.getMessage(), e);
        }
    }
}
