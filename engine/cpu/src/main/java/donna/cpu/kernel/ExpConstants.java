package donna.cpu.kernel;

/**
 * Constants of {@code e^-x}, which each loop that needs it writes out (see the package's rule on wrappers). They are
 * numbers, and each loop broadcasts them before it begins: a vector in a static field would be read from the heap,
 * across cache lines, at every use. With vectors throughout:
 *
 * <pre>{@code
 * t = x.fma(-LOG2_E, ROUND);                              // the nearest integer n to -x log2 e is in the low bits of t
 * r = x.fma(LOG2_E, t.sub(ROUND));                        // x log2 e + n, at most a half
 * p = r.fma(E6, E5).fma(r, E4).fma(r, E3).fma(r, E2).fma(r, E1).fma(r, ONE);     // 2^-r
 * e = p * the float whose bits are (bits of t << 23) + BIAS           // 2^n
 * }</pre>
 *
 * <p>Bits are read as integers by way of memory, where the loop will write its result. A vector's own {@code
 * reinterpretAsInts} makes a segment on the heap while the loop is still interpreted; from then on the compiler takes
 * that into account in every loop of the process that uses segments, and tests each of them at each access.
 *
 * <p>Relative error below {@code 2e-7 + 2e-8 |x|} for x in [{@link #LOWEST}, {@link #HIGHEST}]; other arguments must be
 * limited first. Coefficients: a weighted minimax fit.
 *
 * <p>Where x is known to be at most {@link #FAR}, the bits of t are limited instead, to {@link #LEAST} and {@link #MOST}, which costs less. Beyond 2^100 and
 * 2^-126 e is only known to be there, and is never infinite.
 */
final class ExpConstants {
    static final float ZERO = 0f;
    static final float ONE = 1f;
    static final float LOWEST = -88f;
    static final float HIGHEST = 87f;
    static final float LOG2_E = 1.44269504f;
    static final float ROUND = 12582912f;
    static final int BIAS = 127 << 23;
    static final float FAR = 4.8e8f;
    static final int LEAST = Float.floatToRawIntBits(ROUND) - 126;
    static final int MOST = Float.floatToRawIntBits(ROUND) + 100;
    static final float E1 = -0.6931472f;
    static final float E2 = 0.24022648f;
    static final float E3 = -0.055503324f;
    static final float E4 = 0.009618437f;
    static final float E5 = -0.0013398875f;
    static final float E6 = 1.5353362e-4f;

    private ExpConstants() {}
}
