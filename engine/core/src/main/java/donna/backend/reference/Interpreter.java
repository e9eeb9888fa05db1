package donna.backend.reference;

import donna.graph.Node;
import donna.graph.Op;
import java.util.Arrays;

/**
 * Computes one node: one switch over {@link Op}. {@code in} and {@code out} hold row-major values in the order of the
 * op's inputs and outputs.
 */
final class Interpreter {
    private Interpreter() {}

    static void run(Node n, double[][] in, double[][] out) {
        switch (n.op()) {
            case Op.Input o -> {}
            case Op.Variable o -> {}
            case Op.Fill o -> Arrays.fill(out[0], o.value());
            case Op.Conv2d o -> Convolution.forward(o, n, in, out[0]);
            case Op.Conv2dBackwardData o -> Convolution.backwardData(o, n, in[0], in[1], out[0]);
            case Op.Conv2dBackwardWeight o -> Convolution.backwardWeight(o, n, in[0], in[1], out[0]);
            case Op.Linear o -> Products.linear(n, in, out[0]);
            case Op.MatMul o -> Products.matmul(o, n, in[0], in[1], out[0]);
            case Op.SumExcept o -> Products.sumExcept(o, n.input(0).shape(), in[0], out[0]);
            case Op.BatchNorm o -> Normalization.batchNorm(o, n.input(0).shape(), in, out);
            case Op.BatchNormInference o ->
                Normalization.batchNormInference(o, n.input(0).shape(), in, out[0]);
            case Op.BatchNormBackward o ->
                Normalization.batchNormBackward(o, n.input(0).shape(), in, out);
            case Op.LayerNorm o -> Normalization.layerNorm(o, in, out);
            case Op.LayerNormBackward o -> Normalization.layerNormBackward(in, out);
            case Op.Activate o -> Elementwise.activate(o.act(), in[0], out[0]);
            case Op.ActivateBackward o -> Elementwise.activateBackward(o.act(), in[0], in[1], out[0]);
            case Op.Add o -> Elementwise.combine(in[0], in[1], out[0], Double::sum);
            case Op.AddEach o -> Elementwise.addEach(in[0], in[1], out[0]);
            case Op.Multiply o -> Elementwise.combine(in[0], in[1], out[0], (a, b) -> a * b);
            case Op.Scale o -> Elementwise.scale(in[0], o.factor(), out[0]);
            case Op.ScaleBy o -> Elementwise.scale(in[0], in[1][0], out[0]);
            case Op.ChannelScale o -> Elementwise.channelScale(in[0], in[1], out[0]);
            case Op.ChannelScaleBackwardGate o -> Elementwise.channelScaleBackwardGate(in[0], in[1], out[0]);
            case Op.Dropout o -> Elementwise.dropout(o, n.input(0).shape().dim(0), in[0], (long) in[1][0], out[0]);
            case Op.GlobalAveragePool o -> Pooling.globalAverage(in[0], out[0]);
            case Op.GlobalAveragePoolBackward o -> Pooling.globalAverageBackward(in[0], out[0]);
            case Op.AveragePool o -> Pooling.average(o, n, in[0], out[0]);
            case Op.AveragePoolBackward o -> Pooling.averageBackward(o, n, in[0], out[0]);
            case Op.MaxPool o -> Pooling.max(o, n, in[0], out[0]);
            case Op.MaxPoolBackward o -> Pooling.maxBackward(o, n, in[0], in[1], out[0]);
            case Op.Softmax o -> Losses.softmax(n.output(0).shape().dim(-1), in[0], out[0]);
            case Op.SoftmaxBackward o ->
                Losses.softmaxBackward(n.output(0).shape().dim(-1), in[0], in[1], out[0]);
            case Op.Reshape o -> System.arraycopy(in[0], 0, out[0], 0, out[0].length);
            case Op.Transpose o -> Reordering.transpose(o, n.input(0).shape(), in[0], out[0]);
            case Op.Slice o -> Reordering.slice(o, n.input(0).shape(), in[0], out[0]);
            case Op.Pad o -> Reordering.pad(o, n.input(0).shape(), in[0], out[0]);
            case Op.Concat o -> Reordering.concat(o, n, in, out[0]);
            case Op.NsrLoss o -> Losses.nsr(n.input(0).shape(), in, out);
            case Op.CrossEntropy o -> Losses.crossEntropy(o, n, in, out);
            case Op.DistillationLoss o -> Losses.distillation(o, n.input(0).shape(), in, out);
            case Op.MeanSquaredError o -> Losses.meanSquaredError(in, out);
            case Op.SgdUpdate o -> Updates.sgd(o, in[0], in[1], in[2], in[3][0], factor(in, 4));
            case Op.AdamWUpdate o -> Updates.adamW(o, in[0], in[1], in[2], in[3], in[4][0], in[5][0], factor(in, 6));
            case Op.EmaUpdate o -> Updates.ema(o, in[0], in[1]);
            case Op.ClipFactor o -> Updates.clipFactor(o, in, out[0]);
            case Op.LossScaleUpdate o -> Updates.lossScale(o, in, out);
        }
    }

    /** Of gradients in an update: input {@code i}, if it is there. */
    private static double factor(double[][] in, int i) {
        return in.length > i ? in[i][0] : 1;
    }
}
