package donna.backend.reference;

import donna.graph.Node;
import donna.graph.Op;
import donna.tensor.DonnaException;
import donna.tensor.Shape;

/**
 * Softmax and the losses; each loss writes its value to {@code out[0]} and the gradient of its first input to {@code
 * out[1]}.
 */
final class Losses {
    private Losses() {}

    static void softmax(int classes, double[] src, double[] dst) {
        for (int row = 0; row < src.length; row += classes) {
            double log = logSum(src, row, classes, 1);
            for (int i = row; i < row + classes; i++) {
                dst[i] = Math.exp(src[i] - log);
            }
        }
    }

    static void softmaxBackward(int classes, double[] dDst, double[] dst, double[] dSrc) {
        for (int row = 0; row < dst.length; row += classes) {
            double dot = 0;
            for (int i = row; i < row + classes; i++) {
                dot += dDst[i] * dst[i];
            }
            for (int i = row; i < row + classes; i++) {
                dSrc[i] = dst[i] * (dDst[i] - dot);
            }
        }
    }

    static void nsr(Shape shape, double[][] in, double[][] out) {
        int channels = shape.dim(1);
        int pixels = shape.dim(2) * shape.dim(3);
        double sum = 0;
        for (int i = 0; i < in[0].length; i++) {
            double d = in[0][i] - in[1][i];
            double weight = in[2][i / pixels % channels] / in[0].length;
            sum += d * d * weight;
            out[1][i] = 2 * d * weight;
        }
        out[0][0] = sum;
    }

    static void crossEntropy(Op.CrossEntropy o, Node n, double[][] in, double[][] out) {
        int samples = n.input(0).shape().dim(0);
        int classes = in[0].length / samples;
        double loss = 0;
        for (int s = 0; s < samples; s++) {
            int row = s * classes;
            int label = (int) in[1][s];
            if (label < 0 || label >= classes) {
                throw new DonnaException.InvalidInput("CrossEntropy '" + n.name() + "': label " + label + " of sample "
                        + s + ", expected 0 to " + (classes - 1));
            }
            double log = logSum(in[0], row, classes, 1);
            for (int k = 0; k < classes; k++) {
                double target = (k == label ? 1 - (double) o.smoothing() : 0) + (double) o.smoothing() / classes;
                double logProbability = in[0][row + k] - log;
                loss -= target * logProbability / samples;
                out[1][row + k] = (Math.exp(logProbability) - target) / samples;
            }
        }
        out[0][0] = loss;
    }

    static void distillation(Op.DistillationLoss o, Shape shape, double[][] in, double[][] out) {
        int samples = shape.dim(0);
        int classes = in[0].length / samples;
        double t = o.temperature();
        double loss = 0;
        for (int row = 0; row < in[0].length; row += classes) {
            double log = logSum(in[0], row, classes, t);
            double targetLog = logSum(in[1], row, classes, t);
            for (int i = row; i < row + classes; i++) {
                double logProbability = in[0][i] / t - log;
                double logTarget = in[1][i] / t - targetLog;
                loss += t * t * Math.exp(logTarget) * (logTarget - logProbability) / samples;
                out[1][i] = t * (Math.exp(logProbability) - Math.exp(logTarget)) / samples;
            }
        }
        out[0][0] = loss;
    }

    static void meanSquaredError(double[][] in, double[][] out) {
        int count = in[0].length;
        double sum = 0;
        for (int i = 0; i < count; i++) {
            double d = in[0][i] - in[1][i];
            sum += d * d / count;
            out[1][i] = 2 * d / count;
        }
        out[0][0] = sum;
    }

    /** {@code log(sum(exp(src / temperature)))} of one row, safe for large values. */
    private static double logSum(double[] src, int first, int count, double temperature) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = first; i < first + count; i++) {
            max = Math.max(max, src[i] / temperature);
        }
        double sum = 0;
        for (int i = first; i < first + count; i++) {
            sum += Math.exp(src[i] / temperature - max);
        }
        return max + Math.log(sum);
    }
}
