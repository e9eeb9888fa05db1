package donna.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link Elementwise}, {@link Updates} and {@link GradientSquares}. */
class FlatKernelsTest {
    private static double[] expected(int count, IntToDoubleFunction f) {
        return IntStream.range(0, count).mapToDouble(f).toArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 15, 16, 17, 1000, 1025})
    void sumsProductsAndMultiplesAreElementwise(int count) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 41);
            float[] a = sample.normal(count, 0, 1);
            float[] b = sample.normal(count, 0, 1);
            MemorySegment dst = sample.plain(a);
            Elementwise.add(dst, sample.plain(b), dst, count);
            Sample.assertClose(expected(count, i -> (double) a[i] + b[i]), Sample.read(dst), 1e-7, "sum");
            Elementwise.multiply(sample.plain(a), sample.plain(b), dst, count);
            Sample.assertClose(expected(count, i -> (double) a[i] * b[i]), Sample.read(dst), 1e-7, "product");
            Elementwise.scale(2.5f, sample.plain(a), dst, count);
            Sample.assertClose(expected(count, i -> 2.5 * a[i]), Sample.read(dst), 1e-7, "multiple");
            Elementwise.scaleBy(sample.plain(a), sample.plain(-3f), dst, count);
            Sample.assertClose(expected(count, i -> -3.0 * a[i]), Sample.read(dst), 1e-7, "multiple by a scalar");
            float[] two = sample.normal(2 * count, 0, 1);
            MemorySegment sums = sample.plain(two);
            Elementwise.addEach(sums, sample.plain(b), sums, count, 2);
            Sample.assertClose(expected(2 * count, i -> (double) two[i] + b[i % count]), Sample.read(sums), 1e-7, "sums with each");
        }
    }

    @ParameterizedTest
    @CsvSource({"0, false, 0", "0.9, false, 0.01", "0.9, true, 0.01"})
    void sgdFollowsItsRecurrence(float momentum, boolean nesterov, float weightDecay) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 42);
            int count = 37;
            float rate = 0.1f;
            float[] start = sample.normal(count, 0, 1);
            MemorySegment parameter = sample.plain(start);
            MemorySegment velocity = sample.plain(new float[count]);
            double[] p = expected(count, i -> start[i]);
            double[] v = new double[count];
            for (int step = 0; step < 4; step++) {
                float[] gradient = sample.normal(count, 0, 1);
                float factor = 0.5f + step;
                Updates.sgd(parameter, sample.plain(gradient), velocity, rate, factor, momentum, nesterov, weightDecay, count);
                for (int i = 0; i < count; i++) {
                    double g = factor * (double) gradient[i] + weightDecay * p[i];
                    v[i] = momentum * v[i] + g;
                    p[i] -= rate * (nesterov ? g + momentum * v[i] : v[i]);
                }
            }
            Sample.assertClose(p, Sample.read(parameter), 1e-6, "parameter");
            Sample.assertClose(v, Sample.read(velocity), 1e-6, "velocity");
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 0.05f})
    void adamWFollowsItsRecurrence(float weightDecay) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 43);
            int count = 37;
            float rate = 0.01f;
            float b1 = 0.9f;
            float b2 = 0.999f;
            float[] start = sample.normal(count, 0, 1);
            MemorySegment parameter = sample.plain(start);
            MemorySegment first = sample.plain(new float[count]);
            MemorySegment second = sample.plain(new float[count]);
            double[] p = expected(count, i -> start[i]);
            double[] m = new double[count];
            double[] v = new double[count];
            for (int step = 1; step <= 4; step++) {
                float[] gradient = sample.normal(count, 0, 1);
                float factor = 0.5f + step;
                Updates.adamW(parameter, sample.plain(gradient), first, second, rate, step, factor, b1, b2, 1e-8f, weightDecay, count);
                for (int i = 0; i < count; i++) {
                    double g = factor * (double) gradient[i];
                    m[i] = b1 * m[i] + (1 - b1) * g;
                    v[i] = b2 * v[i] + (1 - b2) * g * g;
                    double root = Math.sqrt(v[i] / (1 - Math.pow(b2, step))) + 1e-8f;
                    p[i] = p[i] * (1 - rate * weightDecay) - rate * m[i] / (1 - Math.pow(b1, step)) / root;
                }
            }
            Sample.assertClose(p, Sample.read(parameter), 1e-6, "parameter");
            Sample.assertClose(m, Sample.read(first), 1e-6, "m");
            Sample.assertClose(v, Sample.read(second), 1e-6, "v");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 64, 4111})
    void averagesMoveAndSquaresAddUp(int count) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 44);
            float[] a = sample.normal(count, 0, 1);
            float[] p = sample.normal(count, 0, 1);
            MemorySegment average = sample.plain(a);
            Updates.ema(average, sample.plain(p), 0.75f, count);
            Sample.assertClose(
                    expected(count, i -> a[i] + 0.25 * ((double) p[i] - a[i])), Sample.read(average), 1e-6, "ema");

            GradientSquares squares = new GradientSquares();
            squares.clear();
            squares.add(sample.plain(a), count);
            squares.add(sample.plain(p), count);
            double expected = IntStream.range(0, count).mapToDouble(i -> (double) a[i] * a[i] + (double) p[i] * p[i]).sum();
            Sample.assertClose(expected, (float) squares.value(), 1e-6, "squares");
            p[count - 1] = Float.NaN;
            squares.add(sample.plain(p), count);
            assertTrue(Double.isNaN(squares.value()));
        }
    }
}
