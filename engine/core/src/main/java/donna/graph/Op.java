package donna.graph;

import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.List;

/**
 * The spine: every operation a graph can hold. Each record says its inputs in order and its outputs; {@code ->} is
 * followed by the outputs. Shapes ({@link ShapeRule}), gradients ({@link Gradient}), costs ({@link Cost}) and ONNX are
 * each one exhaustive switch over this interface.
 *
 * <p>Images are {@code [N, C, H, W]}, convolution weights {@code [O, C / groups, K, K]}, linear weights {@code [O, I]},
 * labels {@code I32 [N]}, scalars {@code [1]}. Ops marked <i>in place</i> change the tensor bound to one of their
 * variable inputs.
 */
public sealed interface Op {
    // ---- leaves

    /** Values bound by the caller before each run. {@code () -> value}. */
    record Input(String name, TensorSpec spec) implements Op {}

    /** State bound by the caller: parameters, statistics, moments. {@code () -> value}. */
    record Variable(String name, TensorSpec spec) implements Op {}

    /** The same number everywhere. {@code () -> value}. */
    record Fill(float value, TensorSpec spec) implements Op {}

    // ---- convolution and linear algebra

    /**
     * Cross-correlation; then bias, residual and activation where asked: {@code act(conv(src) + bias + residual)}.
     * {@code (src, weight [, bias [O]] [, residual]) -> dst}. Only the plain form and the form with bias have a
     * gradient; the others are made by folding batch norm for inference.
     */
    record Conv2d(ConvGeometry geometry, boolean bias, Activation act, boolean residual) implements Op {
        public static Conv2d plain(ConvGeometry geometry) {
            return new Conv2d(geometry, false, Activation.NONE, false);
        }
    }

    /** {@code (dDst, weight) -> dSrc} of shape {@code src}. */
    record Conv2dBackwardData(ConvGeometry geometry, Shape src) implements Op {}

    /** {@code (src, dDst) -> dWeight} of shape {@code weight}. */
    record Conv2dBackwardWeight(ConvGeometry geometry, Shape weight) implements Op {}

    /** {@code src W' + bias}. {@code (src [.., I], weight [O, I] [, bias [O]]) -> dst [.., O]}. */
    record Linear(boolean bias) implements Op {}

    /**
     * Batched product; leading dimensions are equal. {@code (a [.., M, K], b [.., K, N]) -> [.., M, N]}, stored
     * transposed where asked.
     */
    record MatMul(boolean transposeA, boolean transposeB) implements Op {}

    /** Sum over every dimension except {@code axis}. {@code (src) -> [dim(axis)]}. */
    record SumExcept(int axis) implements Op {}

    // ---- normalisation

    /**
     * Batch normalisation in training: {@code dst = act(gamma * (src - mean) / sqrt(var + eps) + beta [+ residual])}
     * with the batch's own statistics. {@code (src, gamma, beta, runningMean, runningVar, momentum [1] [, residual]) ->
     * (dst, mean [C], inverseStd [C])}. In place: {@code running += momentum * (batch - running)}, the variance
     * unbiased as in PyTorch (of a single value: 0).
     */
    record BatchNorm(float eps, Activation act, boolean residual) implements Op {}

    /** The same with given statistics. {@code (src, gamma, beta, mean, var [, residual]) -> dst}. Has no gradient. */
    record BatchNormInference(float eps, Activation act, boolean residual) implements Op {}

    /**
     * {@code (dDst, src, gamma, beta, mean, inverseStd [, residual]) -> (dSrc, dGamma, dBeta [, dResidual])}. The
     * activation's derivative is recomputed. {@code residual} is true only where the forward op has one <i>and</i> an
     * activation: without activation dResidual is dDst.
     */
    record BatchNormBackward(Activation act, boolean residual) implements Op {}

    /**
     * Over the last dimension. {@code (src, gamma, beta) -> (dst, mean, inverseStd)}; statistics have src's shape with
     * last dimension 1.
     */
    record LayerNorm(float eps) implements Op {}

    /** {@code (dDst, src, gamma, mean, inverseStd) -> (dSrc, dGamma, dBeta)}. */
    record LayerNormBackward() implements Op {}

    // ---- elementwise

    /** {@code (src) -> dst}. */
    record Activate(Activation act) implements Op {}

    /** {@code dDst * act'(src)}. {@code (dDst, src) -> dSrc}. */
    record ActivateBackward(Activation act) implements Op {}

    /** {@code (a, b) -> a + b}, equal shapes. */
    record Add() implements Op {}

    /** The same added to every sample, such as the positions of tokens. {@code (src [N, ..], each [1, ..]) -> dst [N, ..]}. */
    record AddEach() implements Op {}

    /** {@code (a, b) -> a * b}, equal shapes. */
    record Multiply() implements Op {}

    /** {@code (src) -> factor * src}. */
    record Scale(float factor) implements Op {}

    /** {@code (src, factor [1]) -> factor * src}. */
    record ScaleBy() implements Op {}

    /** Squeeze-and-excite gate: {@code (src [N, C, H, W], gate [N, C]) -> src * gate}. */
    record ChannelScale() implements Op {}

    /** {@code dGate[n, c] = sum over pixels of dDst * src}. {@code (dDst, src) -> dGate [N, C]}. */
    record ChannelScaleBackwardGate() implements Op {}

    /**
     * Inverted dropout whose mask depends on (salt, step, element) only, so that it is its own gradient: kept where
     * {@code Mask.keep(salt, step, index, rate)}. {@code (src, step [1]) -> dst}; with {@code perSample} a whole sample
     * is kept or dropped (drop path).
     */
    record Dropout(float rate, long salt, boolean perSample) implements Op {}

    // ---- pooling

    /** {@code (src [N, C, H, W]) -> [N, C]}. */
    record GlobalAveragePool() implements Op {}

    /** {@code (dDst [N, C]) -> dSrc} of shape {@code src}. */
    record GlobalAveragePoolBackward(Shape src) implements Op {}

    /** Padding counts as values of zero (PyTorch's {@code count_include_pad}). {@code (src) -> dst}. */
    record AveragePool(int kernel, ConvGeometry geometry) implements Op {}

    /** {@code (dDst) -> dSrc} of shape {@code src}. */
    record AveragePoolBackward(int kernel, ConvGeometry geometry, Shape src) implements Op {}

    /** Padding never wins. {@code (src) -> dst}. */
    record MaxPool(int kernel, ConvGeometry geometry) implements Op {}

    /** The first largest element of a window takes its gradient. {@code (dDst, src) -> dSrc}. */
    record MaxPoolBackward(int kernel, ConvGeometry geometry) implements Op {}

    // ---- softmax

    /** Over the last dimension. {@code (src) -> dst}. */
    record Softmax() implements Op {}

    /** {@code (dDst, dst) -> dSrc}. */
    record SoftmaxBackward() implements Op {}

    // ---- shape

    /** {@code (src) -> dst}, same elements in row-major order. */
    record Reshape(Shape shape) implements Op {}

    /** Dimension {@code i} of dst is dimension {@code permutation.get(i)} of src. {@code (src) -> dst}. */
    record Transpose(List<Integer> permutation) implements Op {
        public Transpose {
            permutation = List.copyOf(permutation);
        }
    }

    /** The box of {@code shape} that begins at {@code start}, every {@code step}-th element. {@code (src) -> dst}. */
    record Slice(List<Integer> start, List<Integer> step, Shape shape) implements Op {
        public Slice {
            start = List.copyOf(start);
            step = List.copyOf(step);
        }
    }

    /**
     * src at {@code start} with {@code step} in a tensor of zeros of {@code shape}: the gradient of {@link Slice}, and
     * padding. {@code (src) -> dst}.
     */
    record Pad(List<Integer> start, List<Integer> step, Shape shape) implements Op {
        public Pad {
            start = List.copyOf(start);
            step = List.copyOf(step);
        }
    }

    /** {@code (a, b, ...) -> dst}. */
    record Concat(int axis) implements Op {}

    // ---- losses: a scalar, and beside it the gradient for an upstream gradient of one. Targets are constants: they
    // have no gradient

    /**
     * Noise-to-signal ratio of blockwise distillation: {@code 1/C sum_c mean((src_c - target_c)^2) *
     * inverseVariance_c}. {@code (src [N, C, H, W], target, inverseVariance [C]) -> (loss [1], dSrc)}.
     */
    record NsrLoss() implements Op {}

    /**
     * Mean over samples, label smoothing as in PyTorch. {@code (logits [N, K], labels I32 [N]) -> (loss [1], dLogits)}.
     */
    record CrossEntropy(float smoothing) implements Op {}

    /**
     * {@code T^2 KL(softmax(target / T) || softmax(logits / T))}, mean over samples. {@code (logits, targetLogits) ->
     * (loss [1], dLogits)}.
     */
    record DistillationLoss(float temperature) implements Op {}

    /** Mean of squares. {@code (src, target) -> (loss [1], dSrc)}. */
    record MeanSquaredError() implements Op {}

    // ---- optimizer: in place on variables. A factor, where there is one, multiplies the gradient; one of 0 leaves everything as it is, whatever the gradient

    /** PyTorch's SGD. {@code (parameter, gradient, velocity, learningRate [1] [, factor [1]])}; velocity starts at zero. */
    record SgdUpdate(float momentum, boolean nesterov, float weightDecay) implements Op {}

    /** PyTorch's AdamW. {@code (parameter, gradient, m, v, learningRate [1], step [1] [, factor [1]])}; step counts from 1. */
    record AdamWUpdate(float beta1, float beta2, float eps, float weightDecay) implements Op {}

    /** {@code average += (1 - decay) * (parameter - average)}. {@code (average, parameter)}. */
    record EmaUpdate(float decay) implements Op {}

    /** {@code min(1, maxNorm / (norm + 1e-6))} of all gradients together. {@code (gradient, ...) -> [1]}. */
    record ClipFactor(float maxNorm) implements Op {
        /** The factor of gradients that have {@code norm}. */
        public double of(double norm) {
            return Math.min(1, maxNorm / (norm + 1e-6));
        }
    }

    /**
     * Ends a step whose loss was multiplied by {@code scale}, so that 16 bits hold its gradients. {@code factor} takes the scale out of them and clips their
     * norm to {@code maxNorm} (infinite: does not). If they are not all finite, by the sum of their squares, it is 0, and the scale is halved, down to 1,
     * where it is NaN: that training has diverged. After {@code interval} steps without that the scale is doubled. {@link LossScale} says it in numbers.
     * {@code step} is how many were made, this one among them. {@code (scale [1], steps [2], gradient, ...) -> (factor [1], step [1])}. In place: scale, and
     * steps, which start at zero: those made since the scale changed, and in all.
     */
    record LossScaleUpdate(int interval, float maxNorm) implements Op {}
}
