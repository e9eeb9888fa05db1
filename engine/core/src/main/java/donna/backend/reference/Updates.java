package donna.backend.reference;

import donna.graph.LossScale;
import donna.graph.Op;
import java.util.Arrays;

/** Optimizer steps, in place. */
final class Updates {
    private Updates() {}

    static void sgd(Op.SgdUpdate o, double[] parameter, double[] gradient, double[] velocity, double learningRate, double factor) {
        if (factor == 0) {
            return;
        }
        for (int i = 0; i < parameter.length; i++) {
            double d = factor * gradient[i] + o.weightDecay() * parameter[i];
            velocity[i] = o.momentum() * velocity[i] + d;
            parameter[i] -= learningRate * (o.nesterov() ? d + o.momentum() * velocity[i] : velocity[i]);
        }
    }

    static void adamW(
            Op.AdamWUpdate o,
            double[] parameter,
            double[] gradient,
            double[] m,
            double[] v,
            double learningRate,
            double step,
            double factor) {
        if (factor == 0) {
            return;
        }
        double beta1 = o.beta1();
        double beta2 = o.beta2();
        double correction1 = 1 - Math.pow(beta1, step);
        double correction2 = Math.sqrt(1 - Math.pow(beta2, step));
        for (int i = 0; i < parameter.length; i++) {
            double g = factor * gradient[i];
            m[i] = beta1 * m[i] + (1 - beta1) * g;
            v[i] = beta2 * v[i] + (1 - beta2) * g * g;
            parameter[i] -= learningRate * o.weightDecay() * parameter[i];
            parameter[i] -= learningRate / correction1 * m[i] / (Math.sqrt(v[i]) / correction2 + o.eps());
        }
    }

    static void ema(Op.EmaUpdate o, double[] average, double[] parameter) {
        for (int i = 0; i < average.length; i++) {
            average[i] += (1 - (double) o.decay()) * (parameter[i] - average[i]);
        }
    }

    static void clipFactor(Op.ClipFactor o, double[][] gradients, double[] factor) {
        factor[0] = o.of(Math.sqrt(squares(gradients)));
    }

    /** {@code in}: scale, steps, gradients; {@code out}: factor, step. */
    static void lossScale(Op.LossScaleUpdate o, double[][] in, double[][] out) {
        LossScale next = LossScale.after(o, squares(Arrays.copyOfRange(in, 2, in.length)), in[0][0], in[1][0], in[1][1]);
        in[0][0] = next.scale();
        in[1][0] = next.inRow();
        in[1][1] = next.made();
        out[0][0] = next.factor();
        out[1][0] = next.made();
    }

    private static double squares(double[][] gradients) {
        double squares = 0;
        for (double[] g : gradients) {
            for (double x : g) {
                squares += x * x;
            }
        }
        return squares;
    }
}
