package donna.bench.peers;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What our program of candidates' steps prints, for each candidate in order.
 *
 * @param ms of a step
 * @param gflop that a step computes at least
 * @param allocatedBytes that a step leaves to the garbage collector
 * @param peakGflops that a thread of that process could do at most
 */
record StepLines(List<Double> ms, List<Double> gflop, List<Double> allocatedBytes, double peakGflops) {
    private static final String NUMBER = "([0-9.]+)";

    static StepLines read(String stage, int candidates, String output) {
        List<Double> peak = numbers("^FMA peak: " + NUMBER + " GFLOP/s", output);
        if (peak.size() != 1) {
            throw new IllegalStateException("the output names " + peak.size() + " FMA peaks; expected one:\n" + output);
        }
        return new StepLines(
                milliseconds(stage, candidates, output),
                perCandidate(stage, candidates, ", " + NUMBER + " GFLOP", output),
                perCandidate(stage, candidates, ", " + NUMBER + " B allocated", output),
                peak.getFirst());
    }

    /** Both programs print a line {@code STAGE CANDIDATE: 12.34 ms...} for each candidate, in order. */
    static List<Double> milliseconds(String stage, int candidates, String output) {
        return perCandidate(stage, candidates, ": " + NUMBER + " ms", output);
    }

    private static List<Double> perCandidate(String stage, int candidates, String number, String output) {
        List<Double> found = numbers("^" + Pattern.quote(stage) + " (?!total:|parallel:).*?" + number, output);
        if (found.size() != candidates) {
            throw new IllegalStateException(
                    stage + ": " + found.size() + " numbers '" + number + "' for " + candidates + " candidates; the output was\n" + output);
        }
        return found;
    }

    private static List<Double> numbers(String pattern, String output) {
        Pattern line = Pattern.compile(pattern);
        return output.lines().map(line::matcher).filter(Matcher::find).map(m -> Double.valueOf(m.group(1))).toList();
    }
}
