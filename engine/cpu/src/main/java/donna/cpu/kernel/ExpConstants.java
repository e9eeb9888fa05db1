package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.all;

import jdk.incubator.vector.FloatVector;

/**
 * Constants of the exponential function, which each loop that needs it writes out (see the package's rule on wrappers):
 *
 * <pre>{@code
 * t = x.fma(LOG2_E, ROUND);                               // the nearest integer to x / ln 2 is in the low bits of t
 * n = t.sub(ROUND);
 * r = n.fma(LN2_LOW, n.fma(LN2_HIGH, x));                 // x - n ln 2
 * p = r.fma(E6, E5).fma(r, E4).fma(r, E3).fma(r, E2);
 * p = p.mul(r).fma(r, r).add(ONE);                        // e^r
 * e = bits of p + (bits of t << 23)                       // p * 2^n
 * }</pre>
 *
 * <p>Relative error below 2e-7 for x in [{@link #LOWEST}, {@link #HIGHEST}]; other arguments must be limited first. Coefficients: a weighted minimax fit.
 */
final class ExpConstants {
    static final FloatVector ZERO = all(0);
    static final FloatVector ONE = all(1);
    static final FloatVector LOWEST = all(-87);
    static final FloatVector HIGHEST = all(88);
    static final FloatVector LOG2_E = all(1.44269504f);
    static final FloatVector ROUND = all(12582912);
    /** Minus ln 2 in two parts: the first has few bits, so that its multiples are exact. */
    static final FloatVector LN2_HIGH = all(-0.693359375f);

    static final FloatVector LN2_LOW = all(2.12194440e-4f);
    static final FloatVector E2 = all(0.49999994f);
    static final FloatVector E3 = all(0.1666652f);
    static final FloatVector E4 = all(0.041668408f);
    static final FloatVector E5 = all(0.008368899f);
    static final FloatVector E6 = all(0.0013814217f);

    private ExpConstants() {}
}
