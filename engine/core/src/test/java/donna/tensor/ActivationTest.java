package donna.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ActivationTest {
    @ParameterizedTest
    @EnumSource
    void theDerivativeIsThatOfFiniteDifferences(Activation act) {
        double h = 1e-6;
        for (double x = -7.05; x < 8; x += 0.1) {
            assertEquals((act.apply(x + h) - act.apply(x - h)) / (2 * h), act.derivative(x), 1e-8, act + " at " + x);
        }
    }

    @ParameterizedTest
    @EnumSource
    void zeroIsKeptWhereItIsSaid(Activation act) {
        assertEquals(act.keepsZero(), act.apply(0) == 0);
    }

    /** Abramowitz and Stegun, table 7.1, to ten digits. */
    @Test
    void theErrorFunctionIsThatOfTheTables() {
        assertEquals(0.1124629160, Erf.erf(0.1), 5e-11);
        assertEquals(0.5204998778, Erf.erf(0.5), 5e-11);
        assertEquals(0.8427007929, Erf.erf(1), 5e-11);
        assertEquals(0.9953222650, Erf.erf(2), 5e-11);
        assertEquals(-0.9953222650, Erf.erf(-2), 5e-11);
        assertEquals(0, Erf.erf(0));
        assertEquals(1, Erf.erf(10));
        assertEquals(Erf.erf(Math.nextDown(2.5)), Erf.erf(2.5), 1e-15);
    }
}
