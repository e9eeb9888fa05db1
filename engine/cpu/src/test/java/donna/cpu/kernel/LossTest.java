package donna.cpu.kernel;

import donna.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link NsrLoss} and {@link RowLosses}. */
class LossTest {
    @ParameterizedTest
    @MethodSource("donna.cpu.kernel.Sample#shapes")
    void noiseToSignalWeighsSquaresByTheChannel(Shape s) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 61);
            int c = s.dim(1);
            float[] src = sample.normal(s.elements(), 0, 1);
            float[] target = sample.normal(s.elements(), 0, 1);
            float[] weight = sample.normal(c, 2, 0.2);
            double loss = 0;
            double[] dSrc = new double[src.length];
            for (int i = 0; i < src.length; i++) {
                double w = weight[i / (s.dim(2) * s.dim(3)) % c] / (double) src.length;
                double e = (double) src[i] - target[i];
                loss += w * e * e;
                dSrc[i] = 2 * w * e;
            }
            MemorySegment out = sample.empty(1);
            MemorySegment gradient = sample.blocked(s, src);
            new NsrLoss(s.dim(0), c, s.dim(2), s.dim(3))
                    .run(gradient, sample.blocked(s, target), sample.plain(weight), out, gradient);
            Sample.assertClose(loss, Sample.read(out)[0], 1e-6, "loss");
            Sample.assertClose(dSrc, Sample.readBlocked(s, gradient), 1e-6, "dSrc");
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 0.1f})
    void crossEntropyIsTheMeanLogLikelihoodOfTheSmoothedLabels(float smoothing) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 62);
            int n = 5;
            int k = 11;
            float[] logits = sample.normal(n * k, 0, 20);
            int[] labels = {0, 10, 3, 3, 7};
            double loss = 0;
            double[] gradient = new double[n * k];
            for (int i = 0; i < n * k; i++) {
                double p = softmax(logits, i / k, k, 1)[i % k];
                double target = (labels[i / k] == i % k ? 1 - smoothing : 0) + smoothing / k;
                loss -= target * Math.log(p) / n;
                gradient[i] = (p - target) / n;
            }
            MemorySegment label = arena.allocateFrom(ValueLayout.JAVA_INT, labels);
            MemorySegment out = sample.empty(1);
            MemorySegment dLogits = sample.plain(logits);
            RowLosses.crossEntropy(dLogits, label, smoothing, out, dLogits, n, k);
            Sample.assertClose(loss, Sample.read(out)[0], 1e-6, "loss");
            Sample.assertClose(gradient, Sample.read(dLogits), 1e-6, "dLogits");
        }
    }

    @Test
    void distillationIsTheScaledDivergenceFromTheTarget() {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 63);
            int n = 4;
            int k = 10;
            float temperature = 3;
            float[] logits = sample.normal(n * k, 0, 5);
            float[] target = sample.normal(n * k, 0, 5);
            double loss = 0;
            double[] gradient = new double[n * k];
            for (int i = 0; i < n * k; i++) {
                double p = softmax(logits, i / k, k, temperature)[i % k];
                double q = softmax(target, i / k, k, temperature)[i % k];
                loss += temperature * temperature * q * Math.log(q / p) / n;
                gradient[i] = temperature * (p - q) / n;
            }
            MemorySegment out = sample.empty(1);
            MemorySegment dLogits = sample.plain(logits);
            RowLosses.distillation(dLogits, sample.plain(target), temperature, out, dLogits, n, k);
            Sample.assertClose(loss, Sample.read(out)[0], 1e-6, "loss");
            Sample.assertClose(gradient, Sample.read(dLogits), 1e-6, "dLogits");
        }
    }

    @Test
    void softmaxAndItsGradientAreRowwise() {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 64);
            int n = 3;
            int k = 7;
            float[] src = sample.normal(n * k, 100, 2);
            float[] dDst = sample.normal(n * k, 0, 1);
            double[] dst = new double[n * k];
            double[] dSrc = new double[n * k];
            for (int row = 0; row < n; row++) {
                double[] p = softmax(src, row, k, 1);
                int from = row * k;
                double dot = IntStream.range(0, k)
                        .mapToDouble(j -> p[j] * dDst[from + j])
                        .sum();
                for (int j = 0; j < k; j++) {
                    dst[from + j] = p[j];
                    dSrc[from + j] = p[j] * (dDst[from + j] - dot);
                }
            }
            MemorySegment result = sample.plain(src);
            RowLosses.softmax(result, result, n, k);
            Sample.assertClose(dst, Sample.read(result), 1e-6, "dst");
            MemorySegment gradient = sample.plain(dDst);
            RowLosses.softmaxBackward(gradient, result, gradient, n, k);
            Sample.assertClose(dSrc, Sample.read(gradient), 1e-6, "dSrc");
        }
    }

    @Test
    void meanSquaredErrorCountsOnlyRealChannels() {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 65);
            Shape s = Shape.of(2, 5, 3, 3);
            float[] src = sample.normal(s.elements(), 0, 1);
            float[] target = sample.normal(s.elements(), 0, 1);
            double loss = 0;
            double[] dSrc = new double[src.length];
            for (int i = 0; i < src.length; i++) {
                double e = (double) src[i] - target[i];
                loss += e * e / src.length;
                dSrc[i] = 2 * e / src.length;
            }
            MemorySegment a = sample.blocked(s, src);
            MemorySegment gradient = sample.emptyBlocked(s);
            MemorySegment out = sample.empty(1);
            RowLosses.meanSquaredError(
                    a, sample.blocked(s, target), out, gradient, a.byteSize() / Float.BYTES, s.elements());
            Sample.assertClose(loss, Sample.read(out)[0], 1e-6, "loss");
            Sample.assertClose(dSrc, Sample.readBlocked(s, gradient), 1e-6, "dSrc");
        }
    }

    private static double[] softmax(float[] z, int row, int k, double temperature) {
        double[] p = new double[k];
        double sum = 0;
        for (int j = 0; j < k; j++) {
            p[j] = Math.exp(z[row * k + j] / temperature);
            sum += p[j];
        }
        for (int j = 0; j < k; j++) {
            p[j] /= sum;
        }
        return p;
    }
}
