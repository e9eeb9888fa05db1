package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.all;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Elementary functions on vectors. The coefficients are weighted minimax fits of our own. */
final class VectorMath {
    private static final FloatVector ONE = all(1);
    private static final FloatVector LOWEST = all(-87);
    private static final FloatVector HIGHEST = all(88);
    private static final FloatVector LOG2_E = all(1.44269504f);
    /** Minus ln 2 in two parts: the first has few bits, so that its multiples are exact. */
    private static final FloatVector LN2_HIGH = all(-0.693359375f);

    private static final FloatVector LN2_LOW = all(2.12194440e-4f);
    /** Adding it rounds to an integer that is left in the low bits. */
    private static final FloatVector ROUND = all(12582912);

    private static final FloatVector E2 = all(0.49999994f);
    private static final FloatVector E3 = all(0.1666652f);
    private static final FloatVector E4 = all(0.041668408f);
    private static final FloatVector E5 = all(0.008368899f);
    private static final FloatVector E6 = all(0.0013814217f);

    private static final FloatVector THREE = all(3);
    private static final FloatVector MINUS_SIX = all(-6);
    private static final FloatVector T0 = all(0.72908366f);
    private static final FloatVector T1 = all(-0.5093323f);
    private static final FloatVector T2 = all(0.23001935f);
    private static final FloatVector T3 = all(-0.0472561f);
    private static final FloatVector T4 = all(-0.010479937f);
    private static final FloatVector T5 = all(6.923926e-3f);
    private static final FloatVector T6 = all(1.0760425e-3f);
    private static final FloatVector T7 = all(-9.0325746e-4f);
    private static final FloatVector T8 = all(-2.6677208e-4f);

    private VectorMath() {}

    /** e^x, relative error below 2e-7 in [-87, 88]; outside, the value at the nearer end. NaN stays NaN. */
    static FloatVector exp(FloatVector x) {
        return expWithin(Lanes.clamp(x, LOWEST, HIGHEST));
    }

    /** The same for arguments that are inside. */
    static FloatVector expWithin(FloatVector x) {
        FloatVector rounded = x.fma(LOG2_E, ROUND);
        FloatVector n = rounded.sub(ROUND);
        FloatVector r = n.fma(LN2_LOW, n.fma(LN2_HIGH, x));
        FloatVector p = r.fma(E6, E5).fma(r, E4).fma(r, E3).fma(r, E2);
        p = p.mul(r).fma(r, r).add(ONE);
        return p.reinterpretAsInts()
                .add(rounded.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
                .reinterpretAsFloats();
    }

    /** 1 / (1 + e^-x). */
    static FloatVector sigmoid(FloatVector x) {
        return ONE.div(exp(x.neg()).add(ONE));
    }

    /**
     * Upper tail of the normal distribution for {@code z >= 0}, divided by {@code e^(-z^2/2)}: a polynomial in {@code (z - 3) / (z + 3)} over
     * {@code z + 3}. Relative error below 3e-7 for z up to 14.
     */
    static FloatVector scaledTail(FloatVector z) {
        FloatVector t = ONE.div(z.add(THREE));
        FloatVector u = t.fma(MINUS_SIX, ONE);
        FloatVector p = u.fma(T8, T7).fma(u, T6).fma(u, T5).fma(u, T4).fma(u, T3);
        return p.fma(u, T2).fma(u, T1).fma(u, T0).mul(t);
    }
}
