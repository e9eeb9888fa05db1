package donna.backend.reference;

import donna.graph.Op;
import donna.tensor.Shape;
import java.util.Arrays;

/** Batch and layer normalisation. */
final class Normalization {
    private Normalization() {}

    static void batchNorm(Op.BatchNorm o, Shape shape, double[][] in, double[][] out) {
        int channels = shape.dim(1);
        int pixels = shape.dim(2) * shape.dim(3);
        int count = shape.dim(0) * pixels;
        double[] src = in[0];
        double[] mean = out[1];
        double[] inverseStd = out[2];
        double[] variance = new double[channels];
        Arrays.fill(mean, 0);
        for (int i = 0; i < src.length; i++) {
            mean[i / pixels % channels] += src[i] / count;
        }
        for (int i = 0; i < src.length; i++) {
            double d = src[i] - mean[i / pixels % channels];
            variance[i / pixels % channels] += d * d / count;
        }
        double momentum = in[5][0];
        for (int c = 0; c < channels; c++) {
            inverseStd[c] = 1 / Math.sqrt(variance[c] + o.eps());
            double unbiased = variance[c] * count / Math.max(1, count - 1);
            in[3][c] += momentum * (mean[c] - in[3][c]);
            in[4][c] += momentum * (unbiased - in[4][c]);
        }
        for (int i = 0; i < src.length; i++) {
            int c = i / pixels % channels;
            double y = in[1][c] * (src[i] - mean[c]) * inverseStd[c] + in[2][c];
            out[0][i] = o.act().apply(y + (o.residual() ? in[6][i] : 0));
        }
    }

    static void batchNormInference(Op.BatchNormInference o, Shape shape, double[][] in, double[] dst) {
        int pixels = shape.dim(2) * shape.dim(3);
        for (int i = 0; i < dst.length; i++) {
            int c = i / pixels % shape.dim(1);
            double y = in[1][c] * (in[0][i] - in[3][c]) / Math.sqrt(in[4][c] + o.eps()) + in[2][c];
            dst[i] = o.act().apply(y + (o.residual() ? in[5][i] : 0));
        }
    }

    /**
     * With x' = (src - mean) inverseStd and dy = dDst act': dSrc = gamma inverseStd (dy - mean(dy) - x' mean(dy x')).
     * Ioffe and Szegedy 2015, 3.
     */
    static void batchNormBackward(Op.BatchNormBackward o, Shape shape, double[][] in, double[][] out) {
        int channels = shape.dim(1);
        int pixels = shape.dim(2) * shape.dim(3);
        int count = shape.dim(0) * pixels;
        double[] gamma = in[2];
        double[] beta = in[3];
        double[] mean = in[4];
        double[] inverseStd = in[5];
        double[] dGamma = out[1];
        double[] dBeta = out[2];
        double[] dy = o.residual() ? out[3] : new double[in[0].length];
        Arrays.fill(dGamma, 0);
        Arrays.fill(dBeta, 0);
        for (int i = 0; i < dy.length; i++) {
            int c = i / pixels % channels;
            double x = (in[1][i] - mean[c]) * inverseStd[c];
            double before = gamma[c] * x + beta[c] + (o.residual() ? in[6][i] : 0);
            dy[i] = in[0][i] * o.act().derivative(before);
            dGamma[c] += dy[i] * x;
            dBeta[c] += dy[i];
        }
        for (int i = 0; i < dy.length; i++) {
            int c = i / pixels % channels;
            double x = (in[1][i] - mean[c]) * inverseStd[c];
            out[0][i] = gamma[c] * inverseStd[c] * (dy[i] - dBeta[c] / count - x * dGamma[c] / count);
        }
    }

    static void layerNorm(Op.LayerNorm o, double[][] in, double[][] out) {
        int features = in[1].length;
        for (int row = 0; row < out[1].length; row++) {
            int first = row * features;
            double mean = 0;
            double variance = 0;
            for (int i = 0; i < features; i++) {
                mean += in[0][first + i] / features;
            }
            for (int i = 0; i < features; i++) {
                double d = in[0][first + i] - mean;
                variance += d * d / features;
            }
            double inverseStd = 1 / Math.sqrt(variance + o.eps());
            for (int i = 0; i < features; i++) {
                out[0][first + i] = in[1][i] * (in[0][first + i] - mean) * inverseStd + in[2][i];
            }
            out[1][row] = mean;
            out[2][row] = inverseStd;
        }
    }

    static void layerNormBackward(double[][] in, double[][] out) {
        double[] dDst = in[0];
        double[] src = in[1];
        double[] gamma = in[2];
        int features = gamma.length;
        Arrays.fill(out[1], 0);
        Arrays.fill(out[2], 0);
        for (int row = 0; row < in[3].length; row++) {
            int first = row * features;
            double inverseStd = in[4][row];
            double sum = 0;
            double product = 0;
            for (int i = 0; i < features; i++) {
                double x = (src[first + i] - in[3][row]) * inverseStd;
                double d = dDst[first + i] * gamma[i];
                sum += d / features;
                product += d * x / features;
                out[1][i] += dDst[first + i] * x;
                out[2][i] += dDst[first + i];
            }
            for (int i = 0; i < features; i++) {
                double x = (src[first + i] - in[3][row]) * inverseStd;
                out[0][first + i] = inverseStd * (dDst[first + i] * gamma[i] - sum - x * product);
            }
        }
    }
}
