package donna.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ContractSummaryTest {
    @Test
    void failuresAreCountedByPrecisionAndOp() {
        ContractSummary s = ContractSummary.of(
                List.of(
                        "0\tpassed\tf32\teveryOp\tconv2d n1 c1\t",
                        "1\tFAILED\tf32\teveryOp\tconv2d n1 c2\toff by 3",
                        "2\tFAILED\tf32\teveryOp\tconv2d n1 c4\toff by 4",
                        "3\tFAILED\tbf16\ttheSameRun\t\tother bits"),
                2,
                false);
        assertEquals(new ContractSummary.Count(3, 2, Map.of("conv2d", 2)), s.precisions().get("f32"));
        assertEquals(new ContractSummary.Count(1, 1, Map.of("theSameRun", 1)), s.precisions().get("bf16"));
        assertEquals("f32 everyOp conv2d n1 c2: off by 3", s.failures().getFirst());
        assertTrue(s.toString().startsWith("contract f32: 2 of 3 cases failed {conv2d=2}\n"), s.toString());
        assertTrue(s.toString().contains("the last case was not reached\n2 processes\n"), s.toString());
    }
}
