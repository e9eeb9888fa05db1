package donna.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.bench.ops.DepthwiseConvolution;
import donna.bench.ops.Pass;
import donna.bench.ops.PointwiseConvolution;
import donna.bench.step.StepSpeed;
import donna.tensor.DType;
import donna.tensor.Layout;
import donna.testkit.OpCase;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WorkTest {
    private static Work of(OpCase op) {
        return Work.of(op.forward(DType.F32, Layout.PLAIN).graph());
    }

    @Test
    void aMultiplyAccumulateIsTwoOperationsInEveryPass() {
        for (Pass pass : Pass.values()) {
            assertEquals(
                    2.0 * 64 * 16 * 16 * 24 * 144,
                    of(PointwiseConvolution.of(pass, "24->144@16")).flops());
            assertEquals(
                    2.0 * 64 * 8 * 8 * 240 * 25,
                    of(DepthwiseConvolution.of(pass, 5)).flops());
        }
    }

    @Test
    void everyInputIsReadAndEveryOutputWrittenOnce() {
        long elements = 64L * 24 * 16 * 16 + 24 * 144 + 64L * 144 * 16 * 16;
        assertEquals(
                4.0 * elements,
                of(PointwiseConvolution.of(Pass.FORWARD, "24->144@16")).bytes());
    }

    @Test
    void aStepTrainsOnItsBatch() {
        Work work = StepSpeed.work("mbconv d1 k3 e3 - relu6");
        assertEquals(64, work.images());
        double forward = 64.0 * (16 * 16 * 24 * 72 + 8 * 8 * 72 * 9 + 8 * 8 * 72 * 40);
        double withoutGradientOfTheInput = 3 * forward - 64.0 * 16 * 16 * 24 * 72;
        assertEquals(2 * withoutGradientOfTheInput, work.flops());
    }

    @Test
    void ratesAreWorkPerSecondAndShareOfThePeak() {
        assertEquals(
                Map.of("GFLOP/s", 2.0, "% of peak", 50.0, "images/s", 128.0), new Work(1e9, 0, 64, 0).rates(0.5, 4e9));
    }
}
