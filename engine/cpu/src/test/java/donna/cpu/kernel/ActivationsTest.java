package donna.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.Activation;
import donna.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ActivationsTest {
    /**
     * A fine grid over the interesting range, the borders of the pieces, and large values; its length is no multiple of
     * a vector's.
     */
    private static float[] points() {
        float[] x = new float[4011];
        for (int i = 0; i < 4001; i++) {
            x[i] = (i - 2000) * 0.01f;
        }
        float[] more = {-1e4f, -100, -88.5f, -3, 0, 3, 6, 88.5f, 100, 1e4f};
        System.arraycopy(more, 0, x, 4001, more.length);
        return x;
    }

    @ParameterizedTest
    @EnumSource
    void valuesAreWithinAFewUlps(Activation act) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 31);
            float[] x = points();
            MemorySegment dst = sample.plain(x);
            Activations.forward(act, dst, dst, x.length);
            float[] y = Sample.read(dst);
            for (int i = 0; i < x.length; i++) {
                near(act + " of " + x[i], act.apply(x[i]), y[i], x[i]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void derivativesAreWithinAFewUlps(Activation act) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 32);
            float[] x = points();
            float[] g = sample.normal(x.length, 0, 1);
            MemorySegment dSrc = sample.plain(g);
            Activations.backward(act, dSrc, sample.plain(x), dSrc, x.length);
            float[] d = Sample.read(dSrc);
            for (int i = 0; i < x.length; i++) {
                double expected = g[i] * act.derivative(x[i]);
                assertEquals(expected, d[i], 4e-7 * Math.abs(g[i]) * (1 + Math.abs(expected)), act + "' at " + x[i]);
            }
        }
    }

    /**
     * Relative, except where the function vanishes; the tails below -5 suffer from rounding the exponent's argument.
     */
    private static void near(String what, double expected, float actual, float x) {
        double relative = x < -5 ? 3e-6 : 1e-6;
        assertEquals(expected, actual, relative * Math.abs(expected) + 1e-12, what);
    }

    @ParameterizedTest
    @EnumSource
    void notANumberStaysVisible(Activation act) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 33);
            for (int count : new int[] {Lanes.L, 1024}) {
                MemorySegment dst = sample.empty(count);
                Activations.forward(act, dst, dst, count);
                for (float v : Sample.read(dst)) {
                    assertTrue(Float.isNaN(v), count + " elements");
                }
            }
        }
    }

    @Test
    void missingChannelsAreZeroAgainAfterClearing() {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 34);
            Shape shape = Shape.of(2, 3, 2, 5);
            float[] x = sample.normal(shape.elements(), 0, 1);
            MemorySegment dst = sample.blocked(shape, x);
            Activations.forward(Activation.SIGMOID, dst, dst, dst.byteSize() / Float.BYTES);
            Lanes.clearMissing(dst, 2, 3, 2, 5);
            double[] expected = new double[x.length];
            for (int i = 0; i < x.length; i++) {
                expected[i] = Activation.SIGMOID.apply(x[i]);
            }
            Sample.assertClose(expected, Sample.readBlocked(shape, dst), 1e-6, "dst");
        }
    }
}
