package donna.cpu.kernel;

import static donna.tensor.Activation.SWISH;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The loops that limit the exponent instead of the argument, where the argument is far outside of what the exponential takes. */
class SwishNormTest {
    private static final float[] POINTS = points();

    private static float[] points() {
        float[] far = {80, 86, 87.5f, 88, 88.8f, 89, 95, 100, 127, 200, 1e4f, 2.8e6f, 3e6f, 1e7f, 2e8f, ExpConstants.FAR};
        float[] all = new float[1001 + 2 * far.length];
        for (int i = 0; i < 1001; i++) {
            all[i] = (i - 500) * 0.04f;
        }
        for (int i = 0; i < far.length; i++) {
            all[1001 + 2 * i] = far[i];
            all[1002 + 2 * i] = -far[i];
        }
        return all;
    }

    /** Each number in all lanes of a vector of its own. */
    private static MemorySegment vectors(Sample sample, float[] numbers) {
        float[] all = new float[numbers.length * Lanes.L];
        for (int i = 0; i < all.length; i++) {
            all[i] = numbers[i / Lanes.L];
        }
        return sample.plain(all);
    }

    private static Normalizer identity() {
        Normalizer n = new Normalizer(Lanes.L);
        Arrays.fill(n.scale, 1);
        return n;
    }

    private static void near(String what, float x, double expected, float actual) {
        double relative = x < -5 ? 3e-6 : 1e-6;
        assertEquals(expected, actual, relative * Math.abs(expected) + 1e-12, what + " of " + x);
    }

    @Test
    void valuesAndDerivativesAreThoseOfTheFormula() {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 41);
            MemorySegment src = vectors(sample, POINTS);
            MemorySegment values = sample.empty(POINTS.length * Lanes.L);
            MemorySegment again = sample.empty(POINTS.length * Lanes.L);
            MemorySegment slopes = sample.empty(POINTS.length * Lanes.L);
            MemorySegment gradients = sample.empty(POINTS.length * Lanes.L);
            float[] ones = new float[POINTS.length];
            Arrays.fill(ones, 1);
            SwishNormLoops.forward(identity(), 0, src, 0, values, 0, POINTS.length);
            NormalizedSlope.run(SWISH, identity(), 0, src, 0, again, slopes, 0, POINTS.length);
            SwishNormLoops.backward(
                    identity(), 0, vectors(sample, ones), src, gradients, 0, POINTS.length, new Sums(Lanes.L), new Sums(Lanes.L));
            for (int i = 0; i < POINTS.length; i++) {
                float x = POINTS[i];
                near("value", x, SWISH.apply(x), Lanes.get(values, (long) i * Lanes.L));
                near("value beside slope", x, SWISH.apply(x), Lanes.get(again, (long) i * Lanes.L));
                double slope = SWISH.derivative(x);
                assertEquals(slope, Lanes.get(slopes, (long) i * Lanes.L), 4e-7 * (1 + Math.abs(slope)), "slope at " + x);
                assertEquals(slope, Lanes.get(gradients, (long) i * Lanes.L), 4e-7 * (1 + Math.abs(slope)), "gradient at " + x);
            }
        }
    }

    /** Up to the largest argument that a network in use may have; infinite ones become NaN. */
    @Test
    void valuesAreRightFartherOut() {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 42);
            float[] far = {1e9f, -1e9f, 3e10f, -3e10f, 5e12f, -5e12f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
            MemorySegment dst = sample.empty(far.length * Lanes.L);
            SwishNormLoops.forward(identity(), 0, vectors(sample, far), 0, dst, 0, far.length);
            for (int i = 0; i < far.length; i++) {
                float y = Lanes.get(dst, (long) i * Lanes.L);
                if (Float.isFinite(far[i])) {
                    near("value", far[i], SWISH.apply(far[i]), y);
                } else {
                    assertTrue(Float.isNaN(y), y + " of " + far[i]);
                }
            }
        }
    }

    /** Gammas and betas that no trained network has: the loops for any argument take over. */
    @Test
    void hugeParametersAreNormalisedAndDifferentiatedAsAnyOthers() {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 43);
            float[] numbers = {-3, -1, -1e-3f, 0, 1e-3f, 0.5f, 2};
            for (float[] parameters : new float[][] {{1e4f, 1e4f}, {1.1e4f, 0}, {1, -2e4f}, {1e20f, 3}, {3, 1e24f}}) {
                Normalizer n = new Normalizer(Lanes.L);
                float[] gamma = new float[Lanes.L];
                float[] beta = new float[Lanes.L];
                float[] ones = new float[Lanes.L];
                Arrays.fill(gamma, parameters[0]);
                Arrays.fill(beta, parameters[1]);
                Arrays.fill(ones, 1);
                n.set(sample.plain(gamma), sample.plain(beta), sample.plain(new float[Lanes.L]), sample.plain(ones));
                assertEquals(Math.max(Math.abs(gamma[0]), Math.abs(beta[0])) <= 1e4f, n.isModerate());
                MemorySegment src = vectors(sample, numbers);
                MemorySegment values = sample.empty(numbers.length * Lanes.L);
                MemorySegment again = sample.empty(numbers.length * Lanes.L);
                MemorySegment slopes = sample.empty(numbers.length * Lanes.L);
                n.apply(SWISH, 0, src, 0, values, 0, numbers.length);
                NormalizedSlope.run(SWISH, n, 0, src, 0, again, slopes, 0, numbers.length);
                for (int i = 0; i < numbers.length; i++) {
                    float x = Math.fma(numbers[i], gamma[0], beta[0]);
                    near("value", x, SWISH.apply(x), Lanes.get(values, (long) i * Lanes.L));
                    near("value beside slope", x, SWISH.apply(x), Lanes.get(again, (long) i * Lanes.L));
                    double slope = SWISH.derivative(x);
                    assertEquals(slope, Lanes.get(slopes, (long) i * Lanes.L), 4e-7 * (1 + Math.abs(slope)), "slope at " + x);
                }
            }
        }
    }
}
