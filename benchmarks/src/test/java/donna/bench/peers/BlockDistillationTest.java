package donna.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class BlockDistillationTest {
    @Test
    void theNumbersOfCandidatesAreReadAndTotalsAreNot() {
        String output = """
            device: cpu
            FMA peak: 110.50 GFLOP/s a thread
            small: compiled 2 candidates in 120 ms
            small {'type': 'mbconv', 'depth': 1}: 12.50 ms, 5120 images/s, 0.5000 GFLOP, 0 B allocated
            small-2 {'type': 'mbconv', 'depth': 1}: 99.00 ms, 1 images/s
            small Candidate[type=fused, depth=2]: 7.25 ms (cpu 7.10), 8828 images/s a thread, 0.1250 GFLOP, 16 B allocated
            small total: 19.75 ms per step of 2 candidates [cpu fp32 eager threads=2]
            small parallel: 10.00 ms per step of 2 candidates
            """;
        assertEquals(
                new StepLines(List.of(12.5, 7.25), List.of(0.5, 0.125), List.of(0.0, 16.0), 110.5),
                StepLines.read("small", 2, output));
        assertThrows(IllegalStateException.class, () -> StepLines.milliseconds("small", 3, output));
    }

    @Test
    void theMedianOfAnEvenNumberIsBetweenTheMiddleTwo() {
        assertEquals(new Spread(2.5, 1, 10), Spread.of(List.of(10.0, 1.0, 3.0, 2.0)));
    }

    @Test
    void ratiosAreTakenRoundByRound() {
        assertEquals(new Spread(2, 1, 4), Spread.ofRatios(List.of(8.0, 3.0, 6.0), List.of(2.0, 3.0, 3.0)));
    }
}
