package donna.cpu.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Batch norm behind a 1x1 convolution {@code z = W x} without {@code z}: its statistics and both gradients of the convolution from products of x alone. With
 * X the centred images and {@code S = X X'} over all N pixels, {@code mean(z) = W mean(x)} and {@code N var(z_j) = w_j S w_j'}. The gradient of z is {@code a
 * dy + b (z - mean(z)) + k} with numbers a, b and k for each channel, so that the weight's is {@code a (dy X') + b (W S)}, where k falls away because X is
 * centred, and the source's is {@code W' (a dy) + M X + W' k} with {@code M = W' diag(b) W}. Matrices are row-major. Not thread-safe.
 */
public final class ExpansionAlgebra implements Moments {
    private final int in;
    private final int out;
    private final float[] weight;
    private final float[] gram;
    private final float[] products;
    private final float[] row;
    private final double[] means;
    private final double[] squares;

    /** Of {@code in} channels to {@code out}. */
    public ExpansionAlgebra(int in, int out) {
        this.in = in;
        this.out = out;
        weight = new float[out * in];
        gram = new float[in * in];
        products = new float[out * in];
        row = new float[in];
        means = new double[out];
        squares = new double[out];
    }

    /** Takes the weights, and of x what {@link SourceMoments} gives, its means and S: then this knows the moments of z. */
    public void take(MemorySegment w, MemorySegment source) {
        MemorySegment.copy(w, JAVA_FLOAT, 0, weight, 0, weight.length);
        MemorySegment.copy(source, JAVA_FLOAT, 0, row, 0, in);
        MemorySegment.copy(source, JAVA_FLOAT, (long) in * Float.BYTES, gram, 0, gram.length);
        for (int j = 0; j < out; j++) {
            product(j);
            double m = 0;
            double q = 0;
            for (int i = 0; i < in; i++) {
                m += (double) weight[j * in + i] * row[i];
                q += (double) weight[j * in + i] * products[j * in + i];
            }
            means[j] = m;
            squares[j] = q;
        }
    }

    /** Row {@code j} of W S. */
    private void product(int j) {
        Arrays.fill(products, j * in, (j + 1) * in, 0);
        for (int i = 0; i < in; i++) {
            addScaled(weight[j * in + i], gram, i * in, products, j * in, in);
        }
    }

    private static void addScaled(float factor, float[] from, int f, float[] to, int t, int count) {
        for (int i = 0; i < count; i++) {
            to[t + i] += factor * from[f + i];
        }
    }

    @Override
    public double mean(int c, long count) {
        return means[c];
    }

    @Override
    public double variance(int c, long count) {
        return Math.max(0, squares[c] / count);
    }

    /** {@code scaled = W' diag(a)} with the weights taken last. */
    public void scale(BatchNormBackward norm, MemorySegment scaled) {
        float[] a = norm.normalizer().scale;
        for (int j = 0; j < out; j++) {
            for (int i = 0; i < in; i++) {
                scaled.setAtIndex(JAVA_FLOAT, (long) i * out + j, a[j] * weight[j * in + i]);
            }
        }
    }

    /** {@code dWeight} holds {@code dy X'} and becomes the weight's gradient. */
    public void finishWeight(BatchNormBackward norm, MemorySegment dWeight) {
        float[] a = norm.normalizer().scale;
        float[] b = norm.fromSrc();
        for (int j = 0; j < out; j++) {
            for (int i = 0; i < in; i++) {
                int at = j * in + i;
                dWeight.setAtIndex(JAVA_FLOAT, at, a[j] * dWeight.getAtIndex(JAVA_FLOAT, at) + b[j] * products[at]);
            }
        }
    }

    /** M, and {@code W' k}. */
    public void correction(BatchNormBackward norm, MemorySegment matrix, MemorySegment bias) {
        float[] b = norm.fromSrc();
        float[] k = norm.constant();
        Arrays.fill(gram, 0);
        Arrays.fill(row, 0);
        for (int j = 0; j < out; j++) {
            addScaled(k[j], weight, j * in, row, 0, in);
            for (int i = 0; i < in; i++) {
                addScaled(b[j] * weight[j * in + i], weight, j * in, gram, i * in, in);
            }
        }
        MemorySegment.copy(gram, 0, matrix, JAVA_FLOAT, 0, gram.length);
        MemorySegment.copy(row, 0, bias, JAVA_FLOAT, 0, in);
    }
}
