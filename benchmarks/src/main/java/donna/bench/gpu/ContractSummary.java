package donna.bench.gpu;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the contract gave.
 *
 * @param processes that it took: more than one if a case took the card's context with it
 * @param whole whether the last case was reached
 * @param failedByOp how many failed, by the first word of the case
 * @param failures the first of them
 */
record ContractSummary(int cases, int failed, int processes, boolean whole, Map<String, Integer> failedByOp, List<String> failures) {
    private static final int SHOWN = 40;
    private static final int SHOWN_LENGTH = 260;

    /** Of the lines of {@link ContractRun}. */
    static ContractSummary of(List<String> lines, int processes, boolean whole) {
        Map<String, Integer> byOp = new TreeMap<>();
        List<String[]> failed = lines.stream().map(l -> l.split("\t", 5)).filter(l -> l[1].equals("FAILED")).toList();
        failed.forEach(l -> byOp.merge(l[3].isEmpty() ? l[2] : l[3].split(" ", 2)[0], 1, Integer::sum));
        List<String> failures = failed.stream().limit(SHOWN).map(l -> l[2] + " " + l[3] + ": " + l[4]).toList();
        return new ContractSummary(lines.size(), failed.size(), processes, whole, byOp, failures);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("contract: " + failed + " of " + cases + " cases failed" + (whole ? "" : "; the last was not reached")
                + (processes > 1 ? "; " + processes + " processes" : "") + "\n");
        failedByOp.forEach((op, count) -> text.append("  ").append(op).append(": ").append(count).append('\n'));
        failures.stream().limit(12).forEach(f -> text.append("  ").append(f, 0, Math.min(f.length(), SHOWN_LENGTH)).append('\n'));
        return text.toString();
    }
}
