package donna.backend.reference;

import donna.graph.Mask;
import donna.graph.Op;
import donna.tensor.Activation;
import java.util.function.DoubleBinaryOperator;

/** Ops that treat every element alike, and gates. */
final class Elementwise {
    private Elementwise() {}

    static void activate(Activation act, double[] src, double[] dst) {
        for (int i = 0; i < dst.length; i++) {
            dst[i] = act.apply(src[i]);
        }
    }

    static void activateBackward(Activation act, double[] dDst, double[] src, double[] dSrc) {
        for (int i = 0; i < dSrc.length; i++) {
            dSrc[i] = dDst[i] * act.derivative(src[i]);
        }
    }

    static void combine(double[] a, double[] b, double[] dst, DoubleBinaryOperator operator) {
        for (int i = 0; i < dst.length; i++) {
            dst[i] = operator.applyAsDouble(a[i], b[i]);
        }
    }

    static void addEach(double[] src, double[] each, double[] dst) {
        for (int i = 0; i < dst.length; i++) {
            dst[i] = src[i] + each[i % each.length];
        }
    }

    static void scale(double[] src, double factor, double[] dst) {
        for (int i = 0; i < dst.length; i++) {
            dst[i] = factor * src[i];
        }
    }

    static void channelScale(double[] src, double[] gate, double[] dst) {
        int pixels = src.length / gate.length;
        for (int i = 0; i < dst.length; i++) {
            dst[i] = src[i] * gate[i / pixels];
        }
    }

    static void channelScaleBackwardGate(double[] dDst, double[] src, double[] dGate) {
        int pixels = src.length / dGate.length;
        for (int c = 0; c < dGate.length; c++) {
            double sum = 0;
            for (int i = c * pixels; i < (c + 1) * pixels; i++) {
                sum += dDst[i] * src[i];
            }
            dGate[c] = sum;
        }
    }

    static void dropout(Op.Dropout o, int samples, double[] src, long step, double[] dst) {
        int each = src.length / samples;
        for (int i = 0; i < dst.length; i++) {
            boolean keep = Mask.keep(o.salt(), step, o.perSample() ? i / each : i, o.rate());
            dst[i] = keep ? src[i] / (1 - (double) o.rate()) : 0;
        }
    }
}
