package donna.cpu.kernel;

/**
 * Constants of the exponential function, which each loop that needs it writes out (see the package's rule on wrappers).
 * They are numbers, and each loop broadcasts them before it begins: a vector in a static field would be read from the
 * heap, across cache lines, at every use. With
 * {@code r} and {@code p} vectors:
 *
 * <pre>{@code
 * t = x.fma(LOG2_E, ROUND);                               // the nearest integer to x / ln 2 is in the low bits of t
 * n = t.sub(ROUND);
 * r = n.fma(LN2_LOW, n.fma(LN2_HIGH, x));                 // x - n ln 2
 * p = r.fma(E6, E5).fma(r, E4).fma(r, E3).fma(r, E2);
 * p = p.fma(r, ONE).fma(r, ONE);                          // e^r
 * e = bits of p + (bits of t << 23)                       // p * 2^n
 * }</pre>
 *
 * <p>Relative error below 2e-7 for x in [{@link #LOWEST}, {@link #HIGHEST}]; other arguments must be limited first.
 * Coefficients: a weighted minimax fit.
 */
final class ExpConstants {
    static final float ZERO = 0f;
    static final float ONE = 1f;
    static final float LOWEST = -87f;
    static final float HIGHEST = 88f;
    static final float LOG2_E = 1.44269504f;
    static final float ROUND = 12582912f;
    /** Minus ln 2 in two parts: the first has few bits, so that its multiples are exact. */
    static final float LN2_HIGH = -0.693359375f;

    static final float LN2_LOW = 2.12194440e-4f;
    static final float E2 = 0.49999994f;
    static final float E3 = 0.1666652f;
    static final float E4 = 0.041668408f;
    static final float E5 = 0.008368899f;
    static final float E6 = 0.0013814217f;

    private ExpConstants() {}
}
