package donna.bench.gpu;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the contract gave.
 *
 * @param precisions by name
 * @param processes that it took: more than one if a case took the card's context with it
 * @param whole whether the last case was reached
 * @param failures the first of them
 */
record ContractSummary(Map<String, Count> precisions, int processes, boolean whole, List<String> failures) {
    private static final int SHOWN = 40;
    private static final int PRINTED = 12;
    private static final int PRINTED_LENGTH = 260;

    /** @param failedByOp how many failed, by the first word of the case */
    record Count(int cases, int failed, Map<String, Integer> failedByOp) {}

    /** Of the lines of {@link ContractRun}. */
    static ContractSummary of(List<String> lines, int processes, boolean whole) {
        List<String[]> cases = lines.stream().map(l -> l.split("\t", 6)).toList();
        Map<String, Count> precisions = new LinkedHashMap<>();
        for (String[] c : cases) {
            Count before = precisions.getOrDefault(c[2], new Count(0, 0, new TreeMap<>()));
            boolean failed = c[1].equals("FAILED");
            if (failed) {
                before.failedByOp.merge(c[4].isEmpty() ? c[3] : c[4].split(" ", 2)[0], 1, Integer::sum);
            }
            precisions.put(c[2], new Count(before.cases + 1, before.failed + (failed ? 1 : 0), before.failedByOp));
        }
        List<String> failures = cases.stream().filter(c -> c[1].equals("FAILED")).limit(SHOWN).map(c -> c[2] + " " + c[3] + " " + c[4] + ": " + c[5]).toList();
        return new ContractSummary(precisions, processes, whole, failures);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        precisions.forEach((p, c) -> text.append("contract ").append(p).append(": ").append(c.failed).append(" of ").append(c.cases).append(" cases failed ")
                .append(c.failedByOp.isEmpty() ? "" : c.failedByOp).append('\n'));
        text.append(whole ? "" : "the last case was not reached\n").append(processes > 1 ? processes + " processes\n" : "");
        failures.stream().limit(PRINTED).forEach(f -> text.append("  ").append(f, 0, Math.min(f.length(), PRINTED_LENGTH)).append('\n'));
        return text.toString();
    }
}
