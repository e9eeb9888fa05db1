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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Some training steps of two candidates under NVIDIA's compute-sanitizer, once for accesses and once for races in shared memory, where it is installed. As a
 * program of its own: the steps.
 */
final class Sanitizer {
    private static final int SECONDS_EACH = 60;
    private static final int STEPS = 3;

    private Sanitizer() {}

    public static void main(String[] args) {
        Stages.Stage stage = new Stages.Stage("small", 4, 16, 24, 12, 2, List.of(
                new Stages.Candidate("mbconv", 2, 5, 3, true, "swish"), new Stages.Candidate("fused", 1, 3, 3, false, "relu6")));
        for (Precision p : List.of(Precision.BF16, Precision.F32)) {
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

    static void run(CardStep.Place place) throws IOException, InterruptedException {
        Map<String, String> found = new LinkedHashMap<>();
        for (String tool : List.of("memcheck", "racecheck")) {
            found.put(tool, run(tool, place.logs().resolve("sanitizer-" + tool + ".txt")));
            place.put("sanitizer", found);
            System.out.println("compute-sanitizer, " + tool + ": " + found.get(tool));
        }
    }

    private static String run(String tool, Path log) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("compute-sanitizer", "--tool", tool, "--target-processes", "application-only"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Sanitizer.class.getName()));
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(Redirect.to(log.toFile())).start();
        } catch (IOException e) {
            return "not there: " + e.getMessage();
        }
        if (!process.waitFor(SECONDS_EACH, TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
            return "did not end within " + SECONDS_EACH + " s";
        }
        return Files.readAllLines(log).stream().filter(l -> l.contains("SUMMARY") || l.startsWith("loss")).reduce("", (a, b) -> a + " " + b).strip();
    }
}
