package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.all;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Elementary functions on vectors. The coefficients are weighted minimax fits of our own. */
final class VectorMath {
    private static final float LOG2_E = 1.44269504f;
    /** ln 2 in two parts: the first has few bits, so that its multiples are exact. */
    private static final float LN2_HIGH = 0.693359375f;

    private static final float LN2_LOW = -2.12194440e-4f;
    /** Adding it rounds to an integer that is left in the low bits. */
    private static final float ROUND = 12582912f;

    private VectorMath() {}

    /** e^x, relative error below 2e-7 in [-87, 88]; outside, the value at the nearer end. NaN stays NaN. */
    static FloatVector exp(FloatVector x) {
        FloatVector y = Lanes.clamp(x, all(-87f), all(88f));
        FloatVector rounded = y.fma(all(LOG2_E), all(ROUND));
        FloatVector n = rounded.sub(ROUND);
        FloatVector r = n.fma(all(-LN2_LOW), n.fma(all(-LN2_HIGH), y));
        FloatVector p = r.fma(all(0.0013814217f), all(0.008368899f));
        p = p.fma(r, all(0.041668408f));
        p = p.fma(r, all(0.1666652f));
        p = p.fma(r, all(0.49999994f));
        p = p.mul(r).fma(r, r).add(1f);
        return p.reinterpretAsInts()
                .add(rounded.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
                .reinterpretAsFloats();
    }

    /** 1 / (1 + e^-x). */
    static FloatVector sigmoid(FloatVector x) {
        return all(1f).div(exp(x.neg()).add(1f));
    }

    /**
     * Upper tail of the normal distribution for {@code z >= 0}, divided by {@code e^(-z^2/2)}: a polynomial in {@code (z - 3) / (z + 3)} over
     * {@code z + 3}. Relative error below 3e-7 for z up to 14.
     */
    static FloatVector scaledTail(FloatVector z) {
        FloatVector t = all(1f).div(z.add(3f));
        FloatVector u = t.fma(all(-6f), all(1f));
        FloatVector p = u.fma(all(-2.6677208e-4f), all(-9.0325746e-4f));
        p = p.fma(u, all(1.0760425e-3f));
        p = p.fma(u, all(6.923926e-3f));
        p = p.fma(u, all(-0.010479937f));
        p = p.fma(u, all(-0.0472561f));
        p = p.fma(u, all(0.23001935f));
        p = p.fma(u, all(-0.5093323f));
        p = p.fma(u, all(0.72908366f));
        return p.mul(t);
    }
}
