package donna.report;

import donna.spec.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** A page that is one file: styles, plots, their library and their data are inside, nothing is loaded from elsewhere. */
final class Page {
    private Page() {}

    /**
     * The page, HTML 5 in UTF-8.
     *
     * @param data what the script finds as JSON in the element {@code data}
     * @param script resource that draws
     * @param sections writes what people read
     */
    static String of(String title, Object data, String script, Consumer<Html> sections) {
        Html h = new Html();
        h.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .element("title", "DONNA · " + title)
                .raw("<style>\n" + resource("report.css") + "</style>\n</head>\n<body>\n<main>\n");
        sections.accept(h);
        h.raw("<noscript><p>The plots need scripts; every number is in the tables.</p></noscript>\n<footer>");
        h.paragraph("Method: Moons et al., Distilling Optimal Neural Networks: Rapid Search in Diverse Spaces, ICCV 2021. "
                + "Plots: Apache ECharts 5.3.1, Apache License 2.0, included in this file.");
        h.raw("</footer>\n</main>\n<script type=\"application/json\" id=\"data\">\n")
                .raw(scriptSafe(Json.text(data)))
                .raw("</script>\n<script>\n" + resource("echarts.common.min.js") + "\n</script>\n<script>\n")
                .raw(resource("plots.js") + resource(script) + "</script>\n</body>\n</html>\n");
        return h.toString();
    }

    /** Inside a script element only {@code <} can end it; JSON lets it be written as an escape. */
    private static String scriptSafe(String json) {
        return json.replace("<", "\\u003c");
    }

    private static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the resource donna/report/" + name + " is missing; build the project again");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the resource donna/report/" + name + " cannot be read: " + e.getMessage(), e);
        }
    }
}
