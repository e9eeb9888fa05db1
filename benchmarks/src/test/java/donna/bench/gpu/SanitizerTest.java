package donna.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SanitizerTest {
    private static List<String> output(int losses, String... more) {
        List<String> lines = new ArrayList<>(List.of("========= COMPUTE-SANITIZER"));
        for (int i = 0; i < losses; i++) {
            lines.add("loss in bf16 1.99");
        }
        lines.addAll(List.of(more));
        return lines;
    }

    @Test
    void onlyAllStepsWithoutAnErrorPass() {
        assertEquals("passed: 6 steps, ERROR SUMMARY: 0 errors", Sanitizer.verdict(output(6, "========= ERROR SUMMARY: 0 errors"), true, 60));
        assertEquals("passed: 6 steps, RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)",
                Sanitizer.verdict(output(6, "========= RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)"), true, 60));
        for (List<String> bad : List.of(
                output(6, "========= ERROR SUMMARY: 2 errors"),
                output(5, "========= ERROR SUMMARY: 0 errors"),
                output(6, "========= RACECHECK SUMMARY: 1 hazard displayed (0 errors, 1 warning)"),
                output(6))) {
            assertTrue(Sanitizer.verdict(bad, true, 60).startsWith("FAILED: "), bad.toString());
        }
    }

    @Test
    void aFailureShowsWhatTheToolFound() {
        String verdict = Sanitizer.verdict(
                output(1, "========= Invalid __global__ read of size 4 bytes", "=========     at batch_norm_apply+0x120", "========= ERROR SUMMARY: 1 error"),
                true, 60);
        assertEquals("FAILED: 1 of 6 steps ran; ========= COMPUTE-SANITIZER | ========= Invalid __global__ read of size 4 bytes"
                + " | =========     at batch_norm_apply+0x120 | ========= ERROR SUMMARY: 1 error", verdict);
    }

    @Test
    void whatDoesNotEndFails() {
        assertEquals("FAILED: it did not end within 45 s, 0 of 6 steps ran; java: not found",
                Sanitizer.verdict(List.of("java: not found"), false, 45));
    }
}
