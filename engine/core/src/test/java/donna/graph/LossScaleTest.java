package donna.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class LossScaleTest {
    private static final float NOT_CLIPPED = Float.POSITIVE_INFINITY;

    private static LossScale after(float maxNorm, double squares, double scale, double inRow, double made) {
        return LossScale.after(new Op.LossScaleUpdate(3, maxNorm), squares, scale, inRow, made);
    }

    @Test
    void aStepWhoseGradientsAreFiniteIsMadeAndCounted() {
        assertEquals(new LossScale(0.25, 4, 1, 8), after(NOT_CLIPPED, 100, 4, 0, 7));
        assertEquals(new LossScale(0.25, 4, 2, 9), after(NOT_CLIPPED, 0, 4, 1, 8));
    }

    @Test
    void theScaleIsDoubledAfterAsManySteps() {
        assertEquals(new LossScale(0.25, 8, 0, 10), after(NOT_CLIPPED, 100, 4, 2, 9));
        assertEquals(new LossScale(0x1p-24, 0x1p24, 0, 10), after(NOT_CLIPPED, 100, 0x1p24, 2, 9));
    }

    @Test
    void theNormThatIsClippedIsThatWithoutTheScale() {
        LossScale clipped = after(2, 1600, 4, 0, 0);
        assertEquals(2 / (10 + 1e-6) / 4, clipped.factor(), 1e-15);
        assertEquals(0.25, after(11, 1600, 4, 0, 0).factor());
    }

    @Test
    void aStepWhoseGradientsAreNotFiniteIsLeftOutAndHalvesTheScale() {
        for (double broken : new double[] {Double.POSITIVE_INFINITY, Double.NaN}) {
            assertEquals(new LossScale(0, 2, 0, 7), after(NOT_CLIPPED, broken, 4, 2, 7));
            assertEquals(new LossScale(0, 1, 0, 7), after(1, broken, 2, 2, 7));
        }
    }

    @Test
    void atTheSmallestScaleATrainingThatDivergesIsLetGo() {
        assertEquals(new LossScale(Double.NaN, 1, 0, 7), after(1, Double.POSITIVE_INFINITY, 1, 2, 7));
    }
}
