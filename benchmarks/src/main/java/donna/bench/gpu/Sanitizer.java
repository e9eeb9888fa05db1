package donna.bench.gpu;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.bench.step.BkdStep;
import donna.bench.step.CandidateStep;
import donna.bench.step.Stages;
import donna.tensor.Tensor;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Some training steps of two candidates under NVIDIA's compute-sanitizer where it is installed: once for accesses, once for races in shared memory, once for
 * barriers. As a program of its own: the steps.
 */
final class Sanitizer {
    /** Where CUDA puts it, besides the path. */
    private static final List<String> PLACES = List.of("compute-sanitizer", "/usr/local/cuda/bin/compute-sanitizer");

    private static final List<String> TOOLS = List.of("memcheck", "racecheck", "synccheck");
    private static final int STEPS = 3;
    private static final List<Precision> PRECISIONS = List.of(Precision.BF16, Precision.F32);
    private static final int SHOWN = 12;
    private static final String PASSED = "passed";
    private static final String FAILED = "FAILED";

    /** {@code ========= ERROR SUMMARY: 0 errors}, {@code ========= RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)}. */
    private static final Pattern SUMMARY = Pattern.compile("=+ (?:ERROR|RACECHECK) SUMMARY: (\\d+) .*");

    private Sanitizer() {}

    public static void main(String[] args) {
        Stages.Stage stage = new Stages.Stage("small", 4, 16, 24, 12, 2, List.of(
                new Stages.Candidate("mbconv", 2, 5, 3, true, "swish"), new Stages.Candidate("fused", 1, 3, 3, false, "relu6")));
        for (Precision p : PRECISIONS) {
            try (Device device = Backends.open("cuda", p, line -> {});
                    Stream stream = device.openStream()) {
                Map<String, Tensor> data = BkdStep.data(device, stage);
                try (CandidateStep step = new CandidateStep(device, stage, stage.candidates(), data)) {
                    for (int i = 0; i < STEPS; i++) {
                        System.out.println("loss in " + p.word() + " " + step.run(stream));
                    }
                } finally {
                    data.values().forEach(Tensor::close);
                }
            }
        }
    }

    /** What each tool says, in words; in {@code seconds} together. */
    static Map<String, String> run(Path logs, double seconds) {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        Map<String, String> found = new LinkedHashMap<>();
        for (String tool : TOOLS) {
            double left = (end - System.nanoTime()) / 1e9;
            found.put(tool, left < 5 ? "not run: no time left" : run(tool, logs.resolve("sanitizer-" + tool + ".txt"), left));
            System.out.println("compute-sanitizer, " + tool + ": " + found.get(tool));
        }
        List<String> failed = TOOLS.stream().filter(t -> found.get(t).startsWith(FAILED)).toList();
        if (!failed.isEmpty()) {
            found.put(CardStep.FAILED, String.join(", ", failed));
        }
        return found;
    }

    private static String run(String tool, Path log, double seconds) {
        // The driver's own probes are refused calls too; ours are all checked where they are made.
        List<String> arguments = new ArrayList<>(List.of("--tool", tool, "--target-processes", "all", "--launch-timeout", "60"));
        if (tool.equals("memcheck")) {
            arguments.addAll(List.of("--report-api-errors", "no"));
        }
        arguments.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        arguments.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        arguments.addAll(List.of("-cp", System.getProperty("java.class.path"), Sanitizer.class.getName()));
        String missing = "";
        for (String place : PLACES) {
            List<String> command = new ArrayList<>(List.of(place));
            command.addAll(arguments);
            try {
                Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(Redirect.to(log.toFile())).start();
                boolean ended = process.waitFor((long) (seconds * 1e3), TimeUnit.MILLISECONDS);
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
                return verdict(Files.readAllLines(log, StandardCharsets.ISO_8859_1), ended, seconds);
            } catch (IOException e) {
                missing = "not run: " + e.getMessage();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return "not run: interrupted";
            }
        }
        return missing;
    }

    /** What a tool's output says: passed only if all steps ran and the summary counts nothing. */
    static String verdict(List<String> lines, boolean ended, double seconds) {
        long losses = lines.stream().filter(l -> l.startsWith("loss in ")).count();
        int all = STEPS * PRECISIONS.size();
        List<Matcher> summaries = lines.stream().map(SUMMARY::matcher).filter(Matcher::matches).toList();
        if (ended && losses == all && summaries.size() == 1 && Long.parseLong(summaries.getFirst().group(1)) == 0) {
            return PASSED + ": " + all + " steps, " + summaries.getFirst().group().replaceAll("^=+ ", "");
        }
        List<String> said = lines.stream().filter(l -> l.startsWith("=") && l.strip().length() > 10).limit(SHOWN).toList();
        return FAILED + ": " + (ended ? "" : "it did not end within " + Math.round(seconds) + " s, ") + losses + " of " + all + " steps ran; "
                + String.join(" | ", said.isEmpty() ? lines.subList(Math.max(0, lines.size() - SHOWN), lines.size()) : said);
    }
}
