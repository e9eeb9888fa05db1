package donna.report;

import java.util.List;

/** Writes HTML; every text passes through {@link #escape}. Not thread-safe. */
final class Html {
    private final StringBuilder out = new StringBuilder();

    /** Markup of our own, taken as it is. */
    Html raw(String markup) {
        out.append(markup);
        return this;
    }

    /** A number's place in a table: right-aligned. */
    record Cell(String text, boolean number, String style) {
        static Cell text(String text) {
            return new Cell(text, false, "");
        }

        static Cell number(String text) {
            return new Cell(text, true, "");
        }

        /** A number on a bar of {@code share} of the cell's width. */
        static Cell bar(String text, double share) {
            return new Cell(text, true, "--share:" + Math.round(1000 * Math.clamp(share, 0, 1)) / 10.0 + "%");
        }
    }

    Html element(String tag, String text) {
        out.append('<').append(tag).append('>').append(escape(text)).append("</").append(tag).append(">\n");
        return this;
    }

    Html paragraph(String text) {
        return element("p", text);
    }

    /** A place where the script draws, with what it shows in words for those who do not see it. */
    Html plot(String id, String description) {
        out.append("<div class=\"plot\" id=\"").append(id).append("\" role=\"img\" aria-label=\"").append(escape(description)).append("\"></div>\n");
        return this;
    }

    Html table(List<String> head, List<List<Cell>> rows) {
        out.append("<div class=\"scroll\"><table>\n<thead><tr>");
        for (int i = 0; i < head.size(); i++) {
            boolean number = !rows.isEmpty() && rows.getFirst().get(i).number();
            out.append(number ? "<th class=\"n\">" : "<th>").append(escape(head.get(i))).append("</th>");
        }
        out.append("</tr></thead>\n<tbody>\n");
        for (List<Cell> row : rows) {
            out.append("<tr>");
            row.forEach(this::cell);
            out.append("</tr>\n");
        }
        out.append("</tbody></table></div>\n");
        return this;
    }

    private void cell(Cell c) {
        String kind = c.number() ? c.style().isEmpty() ? "n" : "n bar" : "";
        out.append("<td")
                .append(kind.isEmpty() ? "" : " class=\"" + kind + "\"")
                .append(c.style().isEmpty() ? "" : " style=\"" + escape(c.style()) + "\"")
                .append('>')
                .append(escape(c.text()))
                .append("</td>");
    }

    /** A table behind a line that opens it. */
    Html folded(String line, List<String> head, List<List<Cell>> rows) {
        out.append("<details><summary>").append(escape(line)).append("</summary>\n");
        table(head, rows);
        out.append("</details>\n");
        return this;
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
