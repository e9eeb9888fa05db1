package donna.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.spec.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportWriterTest {
    private static final String HOSTILE = "</script><script>alert('\"&')</script>";

    private static Summary summary(String name, List<Summary.Baseline> baselines) {
        return new Summary(
                name,
                "1.2.3",
                "two cores",
                "reference",
                7,
                2,
                "fashion-mnist",
                10_000,
                new Summary.Teacher("a-b", 0.9134, 8.0, 9_830_000, 307_000),
                new Summary.Library(
                        2,
                        70.25,
                        List.of(new Summary.Block(
                                "b1",
                                List.of(new Summary.Candidate("a", 0.125, 0.5, 1000, 10), new Summary.Candidate("b", 0.25, 0.25, 500, 5)),
                                List.of("b1 c: " + HOSTILE)))),
                new Summary.Predictor(
                        2,
                        0.72,
                        0.0041,
                        0.66,
                        0.69,
                        0.0044,
                        Map.of("MACs", 0.38),
                        List.of(new Summary.HeldOut(30, 0.81, 0.0032, 0.9, Map.of("MACs", 0.41))),
                        new Summary.NextLabel("c", 0.0021, 0.0017),
                        List.of(new Summary.Label("a", 0.88, 0.875, 0.87, 0.88))),
                new Summary.Latency(32, 1, 0.97, 1.03, 1.09, 1.17, List.of(new Summary.Network("a", 2.0, 2.2))),
                new Summary.Evolution("NSGA-II", 100, 50, 5000, 0.049, 0.05, 0.045, List.of(new Summary.Sample(0.87, 3))),
                List.of(new Summary.FrontPoint("a", 0.88, 0.87, 0.89, 2.0), new Summary.FrontPoint("b,c", 0.885, 0.88, 0.89, 2.5)),
                List.of(new Summary.Model("at 0.25", "a", 0.9027, 0.904, 0.88, 0.87, 0.89, List.of("b1"), 2.0, 1.9, 2_100_000, 61_000, 3.2e-6, "models/a")),
                baselines,
                new Summary.Epochs(3, 22.5, 3.6, 1),
                Map.of("teacher", 190.6),
                912L << 20);
    }

    private static String between(String text, String start, String end) {
        int from = text.indexOf(start) + start.length();
        return text.substring(from, text.indexOf(end, from));
    }

    @Test
    void thePageHoldsTheWholeSummaryForItsPlots() {
        Summary s = summary("search " + HOSTILE, List.of());
        String json = between(ReportWriter.html(s), "id=\"data\">", "</script>");
        assertEquals(s, Json.parse(json, Summary.class));
    }

    @Test
    void textFromOutsideNeverBecomesMarkup() {
        String page = ReportWriter.html(summary(HOSTILE, List.of()));
        assertFalse(page.contains("<script>alert"), "unescaped text in the page");
        assertTrue(page.contains("<h1>&lt;/script&gt;&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;</h1>"));
    }

    @Test
    void thePageLoadsNothing() {
        String page = ReportWriter.html(summary("x", List.of()));
        for (String loader : List.of(" src=", "<link", "@import", "url(", "<iframe")) {
            String markup = page.substring(0, page.indexOf("<script>"));
            assertFalse(markup.contains(loader), loader);
        }
        assertEquals(3, page.split("<script", -1).length - 1);
    }

    @Test
    void everyPickIsInATableWithItsSpeedOverTheTeacher() {
        String page = ReportWriter.html(summary("x", List.of()));
        String row = between(page, "<td>at 0.25</td>", "</tr>");
        assertEquals(
                List.of("a", "90.27 %", "88.00 % (87.00 to 89.00) *", "2.00 ms", "4.00×", "2.10 M", "61 k", "3.2e-06"),
                List.of(row.replaceAll("<[^>]*>", "|").replaceAll("\\|+", "|").substring(1).split("\\|")));
    }

    @Test
    void thePredictorStandsBesideItsBaselinesAndSaysWhatToLabelNext() {
        String page = ReportWriter.html(summary("x", List.of()));
        assertTrue(page.contains("On 30 further architectures that it was not fitted on: tau 0.81, error 0.32 points; 90.00 % of them"));
        assertTrue(page.contains("to label next is c: over the space, the standard error of predictions would fall from 0.21 to 0.17 points."));
        assertTrue(page.contains("* extrapolates beyond what was labelled"));
    }

    @Test
    void aBaselineShowsThePicksLeadInPoints() {
        Summary.Baseline scratch = new Summary.Baseline("from scratch", "a", "a", 1, 0.8877, 2.0, 2_100_000, 61_000);
        String page = ReportWriter.html(summary("x", List.of(scratch)));
        assertTrue(between(page, "<td>from scratch</td>", "</tr>").contains("+1.50"));
        assertFalse(ReportWriter.html(summary("x", List.of())).contains("Comparisons"));
    }

    @Test
    void theTableForProgramsQuotesCommas() {
        String csv = ReportWriter.csv(summary("x", List.of()));
        assertEquals(
                """
                kind,architecture,predictedTop1,top1,latencyMs,macs,params
                front,a,0.88,,2.0,,
                front,"b,c",0.885,,2.5,,
                model,a,0.88,0.9027,2.0,2100000,61000
                teacher,a-b,,0.9134,8.0,9830000,307000
                """,
                csv);
    }
}
